// ONNX Runtime Web: the least that it takes to answer a picture.

export async function open(ort, provider) {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  const model = new URLSearchParams(location.search).get('model');
  const session = await ort.InferenceSession.create(`/models/${model}.onnx`, { executionProviders: [provider] });
  // Standardised pixels of any number of pictures to ten logits each.
  window.logits = async pixels => {
    const pictures = new ort.Tensor('float32', pixels, [pixels.length / 784, 1, 28, 28]);
    const { logits } = await session.run({ pictures });
    return logits.data;
  };
  await window.logits(new Float32Array(784));
  return performance.now();
}
