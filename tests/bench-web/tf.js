// The smallest page that classifies an image with TensorFlow.js. `keras_export.rs` writes the table of layers and the weights.

// The weights are set later; random initial weights would take time.
const zeros = { kernelInitializer: 'zeros' };

function network(tf, table) {
  const { layers } = tf;
  const conv = (filters, padding, activation) => layers.conv2d({ filters, kernelSize: 3, padding, activation, ...zeros });
  const norm = () => layers.batchNormalization({ epsilon: table.epsilon });
  const input = tf.input({ shape: [28, 28, 1] });
  const steps = {
    conv: ({ filters, padding }) => x => conv(filters, padding, 'relu').apply(x),
    pool: () => x => layers.maxPooling2d({ poolSize: 2 }).apply(x),
    block: ({ filters }) => x => {
      const inner = norm().apply(conv(filters, 'same', 'relu').apply(x));
      const outer = norm().apply(conv(filters, 'same').apply(inner));
      return layers.reLU().apply(layers.add().apply([outer, x]));
    },
    mean: () => x => layers.globalAveragePooling2d({}).apply(x),
    flatten: () => x => layers.flatten().apply(x),
    dense: ({ units, relu }) => x => layers.dense({ units, activation: relu ? 'relu' : undefined, ...zeros }).apply(x),
  };
  const output = table.layers.reduce((x, layer) => steps[layer.kind](layer)(x), input);
  return tf.model({ inputs: input, outputs: output });
}

export async function open(tf, backend) {
  const model = new URLSearchParams(location.search).get('model');
  const files = Promise.all([
    fetch(`/models/${model}.json`).then(answer => answer.json()),
    fetch(`/models/${model}.bin`).then(answer => answer.arrayBuffer()),
  ]);
  if (!await tf.setBackend(backend)) throw new Error(`TensorFlow.js has no backend ${backend} here`);
  await tf.ready();
  const [table, bytes] = await files;
  const built = network(tf, table);
  let at = 0;
  // Layer by layer: the model's own list has the weights that are not trained at its end.
  for (const layer of built.layers) {
    const weights = layer.weights.map(({ shape }) => {
      const values = new Float32Array(bytes, at, shape.reduce((a, b) => a * b, 1));
      at += values.byteLength;
      return tf.tensor(values, shape);
    });
    layer.setWeights(weights);
    tf.dispose(weights);
  }
  if (at !== bytes.byteLength) throw new Error('the weights are of another network');
  // Maps standardised pixels of any number of images to ten logits each.
  window.logits = async pixels => {
    const answer = tf.tidy(() => built.predict(tf.tensor4d(pixels, [pixels.length / 784, 28, 28, 1])));
    const logits = await answer.data();
    answer.dispose();
    return logits;
  };
  await window.logits(new Float32Array(784));
  return performance.now();
}
