// Quantizes what is chosen: statically where there are samples, dynamically where there are none.
import { openModel, Tensor } from 'quantab';
import { readNpy } from 'quantab/samples';

const element = (id) => document.getElementById(id);
const chosen = (id) => element(id).files[0];

element('quantize').addEventListener('click', async () => {
  element('quantize').disabled = true;
  try {
    if (!chosen('model')) throw new Error('Choose a model first.');
    await quantize(chosen('model'), chosen('samples'));
  } catch (error) {
    element('result').textContent = error.message;
  } finally {
    element('quantize').disabled = false;
  }
});

async function quantize(modelFile, samplesFile) {
  const model = await openModel(modelFile);
  try {
    const options = { weightType: 'QUInt8', onProgress: showProgress };
    const quantized = samplesFile
      ? await model.quantizeStatic({
          ...options,
          activationType: 'QUInt8',
          calibrationData: await samplesOf(samplesFile, model.info.inputs[0].name),
        })
      : await model.quantizeDynamic(options);
    offer(
      await quantized.blob(),
      `${modelFile.name.replace(/\.onnx$/, '')}.int8.onnx`,
      model.byteLength,
    );
  } finally {
    model.close();
  }
}

function showProgress({ done, total }) {
  element('progress').value = total > 0 ? done / total : 0;
}

/** One feed for each index of the array's first dimension. */
async function samplesOf(file, input) {
  const { dtype, dims, data } = readNpy(new Uint8Array(await file.arrayBuffer()));
  const [count, ...rest] = dims;
  const size = data.length / count;
  return Array.from({ length: count }, (_, i) => ({
    [input]: new Tensor(dtype, [1, ...rest], data.slice(i * size, (i + 1) * size)),
  }));
}

function offer(blob, name, before) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.textContent = `Download ${name}`;
  element('result').replaceChildren(`${before} bytes became ${blob.size}. `, link);
}
