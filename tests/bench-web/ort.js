// The smallest page that classifies an image with ONNX Runtime Web.

export async function open(ort, provider) {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  const model = new URLSearchParams(location.search).get('model');
  const session = await ort.InferenceSession.create(`/models/${model}.onnx`, { executionProviders: [provider] });
  // Maps standardised pixels of any number of images to ten logits each.
  window.logits = async pixels => {
    const images = new ort.Tensor('float32', pixels, [pixels.length / 784, 1, 28, 28]);
    const { logits } = await session.run({ pictures: images });
    return logits.data;
  };
  await window.logits(new Float32Array(784));
  return performance.now();
}
