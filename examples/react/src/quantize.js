import { openModel } from 'quantab';
import { readSamples } from 'quantab/samples';

const sampleFile = (file) => ({
  path: file.name,
  bytes: async () => new Uint8Array(await file.arrayBuffer()),
});

/**
 * Quantizes a model file: statically where there are files of samples, dynamically where there are none. Gives the new file, and
 * with samples how close its outputs are. `call` is { signal, onProgress }.
 */
export async function quantize(file, sampleFiles, call) {
  const model = await openModel(file, call);
  let quantized;
  try {
    if (sampleFiles.length === 0) {
      quantized = await model.quantizeDynamic(call);
      return { before: model.byteLength, blob: await quantized.blob(call), outputs: [] };
    }
    const samples = await readSamples(sampleFiles.map(sampleFile), model.info.inputs);
    quantized = await model.quantizeStatic({
      ...call,
      calibrationData: samples,
      activationType: 'QUInt8',
      perChannel: true,
    });
    const { outputs } = await model.compare(quantized, samples, call);
    return { before: model.byteLength, blob: await quantized.blob(call), outputs };
  } finally {
    quantized?.close();
    model.close();
  }
}
