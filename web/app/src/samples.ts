// Dropped files as calibration samples: tensors as they are, pictures through the preprocessing the user sees.
import { Tensor, type TensorMap, type ValueInfo } from 'quantab';
import {
  groupSamples,
  imageToTensor,
  type ImageOptions,
  type PendingSample,
} from 'quantab/samples';
import type { NamedFile } from './files';

export interface SampleSet {
  tensors: NamedFile[];
  images: NamedFile[];
}

async function pixelsOf(file: File): Promise<ImageData> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { colorSpaceConversion: 'none' });
  } catch {
    throw new Error(
      `'${file.name}' is no picture this browser can read. Use PNG, JPEG or WebP, or leave it out.`,
    );
  }
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('This browser gives no canvas to read pictures with.');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/**
 * An array of many rows for a model that takes one at a time (a first dimension of 1, or a symbol) is many samples: it is
 * split along its first dimension.
 */
function* split(sample: TensorMap, inputs: readonly ValueInfo[]): Generator<TensorMap> {
  const tensors = Object.entries(sample);
  const rows = tensors[0]?.[1].dims[0] ?? 0;
  const splits = tensors.every(([name, tensor]) => {
    const input = inputs.find((candidate) => candidate.name === name);
    const first = Number(input?.shape[0]);
    const fits = input !== undefined && input.shape.length === tensor.dims.length;
    return fits && (Number.isNaN(first) || first === 1) && tensor.dims[0] === rows;
  });
  if (!splits || rows <= 1) {
    yield sample;
    return;
  }
  for (let row = 0; row < rows; ++row) {
    yield Object.fromEntries(
      tensors.map(([name, { dtype, dims, data }]) => {
        const size = data.length / rows;
        return [
          name,
          new Tensor(dtype, [1, ...dims.slice(1)], data.slice(row * size, (row + 1) * size)),
        ];
      }),
    ) as TensorMap;
  }
}

/** Reads one sample after another; nothing is kept. */
export async function* samplesOf(
  set: SampleSet,
  inputs: readonly ValueInfo[],
  image: ImageOptions | undefined,
): AsyncGenerator<TensorMap> {
  const files = set.tensors.map(({ path, file }) => ({
    path,
    bytes: async () => new Uint8Array(await file.arrayBuffer()),
  }));
  const pending: PendingSample[] = groupSamples(files, inputs);
  for (const sample of pending) yield* split(await sample.read(), inputs);
  if (set.images.length === 0) return;
  const input = inputs[0];
  if (image === undefined || input === undefined || inputs.length !== 1) {
    throw new Error(
      'Pictures fit models with one input of rank 4 and 1 or 3 channels. Give .npz files for this model.',
    );
  }
  for (const { file } of set.images) {
    yield { [input.name]: imageToTensor(await pixelsOf(file), image) };
  }
}
