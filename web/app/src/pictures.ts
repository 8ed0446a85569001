// Pictures as samples, through the preprocessing the user sees.
import type { TensorMap, ValueInfo } from 'quantab';
import { imageOptionsFor, imageToTensor, type ImageOptions } from 'quantab/samples';
import type { NamedFile } from './files';

/** The preprocessing that the input of a model suggests; undefined when it takes no pictures. */
export const pictureDefaults = (inputs: readonly ValueInfo[]): ImageOptions | undefined =>
  inputs.length === 1 ? imageOptionsFor(inputs[0]!) : undefined;

export const NO_PICTURES =
  'Pictures fit models with one input of rank 4 and 1 or 3 channels. Give .npz files for this model.';

async function pixelsOf({ file, path }: NamedFile): Promise<ImageData> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { colorSpaceConversion: 'none' });
  } catch {
    throw new Error(
      `'${path}' is no picture this browser can read. Use PNG, JPEG or WebP, or leave it out.`,
    );
  }
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('This browser gives no canvas to read pictures with.');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

export async function sampleFromPicture(
  picture: NamedFile,
  input: string,
  options: ImageOptions,
): Promise<TensorMap> {
  return { [input]: imageToTensor(await pixelsOf(picture), options) };
}
