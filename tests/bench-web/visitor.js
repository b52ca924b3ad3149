// Runs before the page's own scripts: stores the time of each model's first prediction, which is for the image that the page opens
// with, and defines a function that drops another image on the page, or many files of it.
window.predictions = {};
window.dropFile = (count = 1) => {
  const bytes = Uint8Array.from(atob('FILE_AS_BASE64'), c => c.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  for (let number = 0; number < count; number++) {
    dataTransfer.items.add(new File([bytes], `image-${number}.png`, { type: 'image/png' }));
  }
  const zone = document.querySelector('[data-testid="drop-zone"]');
  for (const type of ['dragenter', 'dragover', 'drop']) {
    zone.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
  }
};
new MutationObserver(() => {
  for (const { dataset } of document.querySelectorAll('[data-testid="model"][data-state="ready"][data-picture]')) {
    predictions[dataset.model] ??= performance.now();
  }
}).observe(document, { subtree: true, childList: true, attributeFilter: ['data-state', 'data-picture'] });
