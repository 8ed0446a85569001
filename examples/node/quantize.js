// Quantizes a model statically with samples from a file, and compares it with the float model on samples that were kept back.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { openModel, Tensor } from 'quantab';
import { readNpy, readNpz } from 'quantab/samples';

const [modelFile, samplesFile, outFile] = process.argv.slice(2);
if (!outFile) {
  console.error('usage: node quantize.js MODEL.onnx SAMPLES.npy|SAMPLES.npz OUT.onnx');
  process.exit(2);
}

const model = await openModel(modelFile);
const samples = await samplesOf(samplesFile, model.info.inputs);
const keptBack = samples.filter((_, i) => i % 5 === 4);

const quantized = await model.quantizeStatic({
  calibrationData: samples.filter((_, i) => i % 5 !== 4),
  activationType: 'QUInt8',
  weightType: 'QInt8',
  perChannel: true,
});
await quantized.writeTo(path.resolve(outFile));
console.log(`${model.byteLength} bytes became ${quantized.byteLength}.`);

const { outputs } = await model.compare(quantized, keptBack);
for (const { name, sqnrDb, top1Agreement } of outputs) {
  console.log(`${name}: ${sqnrDb?.toFixed(1)} dB, same first class: ${top1Agreement}`);
}
quantized.close();
model.close();

/** One feed for each index of the arrays' first dimension. */
async function samplesOf(file, inputs) {
  const bytes = await readFile(file);
  const arrays = file.endsWith('.npz')
    ? await readNpz(bytes)
    : { [inputs[0].name]: readNpy(bytes) };
  const count = Math.min(...Object.values(arrays).map(({ dims }) => dims[0]));
  return Array.from({ length: count }, (_, i) =>
    Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, at(array, i)])),
  );
}

/** Index `i` of the first dimension, as a batch of one. */
function at({ dtype, dims: [count, ...rest], data }, i) {
  const size = data.length / count;
  return new Tensor(dtype, [1, ...rest], data.slice(i * size, (i + 1) * size));
}
