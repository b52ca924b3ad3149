// Before anything of our page runs: drops PICTURE on it as soon as there is a place to drop it, and notes when each model
// has answered.
window.verdicts = {};
window.dropFile = () => {
  const bytes = Uint8Array.from(atob('PICTURE'), c => c.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], 'picture.png', { type: 'image/png' }));
  const zone = document.querySelector('[data-testid="drop-zone"]');
  for (const type of ['dragenter', 'dragover', 'drop']) {
    zone.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
  }
};
let dropped = false;
new MutationObserver(() => {
  if (!dropped && document.querySelector('[data-testid="drop-zone"]')) {
    dropped = true;
    dropFile();
  }
  for (const { dataset } of document.querySelectorAll('[data-testid="model"][data-state="ready"][data-picture]')) {
    verdicts[dataset.model] ??= performance.now();
  }
}).observe(document, { subtree: true, childList: true, attributeFilter: ['data-state', 'data-picture'] });
