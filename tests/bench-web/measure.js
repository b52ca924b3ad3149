// Body of a function that returns the milliseconds of a run, one number per group. The first run and the warm-up groups let the
// browser compile what this batch size needs. A group is timed as a whole, as the browser's clock has steps of 0.1 ms.
const [batch, runs, warmUps, groups] = args;
const pixels = Float32Array.from({ length: batch * 784 }, (_, i) => ((i * 7 + Math.floor(i / 784)) % 256 - 72.94) / 90.02);
await logits(pixels);
const millis = [];
for (let group = -warmUps; group < groups; group++) {
  const start = performance.now();
  for (let run = 0; run < runs; run++) await logits(pixels);
  const taken = (performance.now() - start) / runs;
  if (group >= 0) millis.push(taken);
}
return millis;
