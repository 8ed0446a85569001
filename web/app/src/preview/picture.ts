// A picture drawn back from the numbers it has become.
import type { TensorMap } from 'quantab';
import type { ImageSettings, PendingSample } from 'quantab/samples';
import { el } from '../dom';
import { numbersOf } from './numbers';

/** Pixels of a tensor [1, C, H, W] or [1, H, W, C], from 0 to 255, as RGBA; undefined where it has not that shape. */
export function pixelsOf(
  tensor: TensorMap[string],
  { channels, layout, scale, mean, std }: ImageSettings,
): ImageData | undefined {
  const values = numbersOf(tensor);
  const [batch, ...dims] = tensor.dims;
  const [count, height, width] = layout === 'NCHW' ? dims : [dims[2], dims[0], dims[1]];
  const expected = channels === 'GRAY' ? 1 : 3;
  if (values === undefined || batch !== 1 || tensor.dims.length !== 4 || count !== expected) {
    return undefined;
  }
  if (!width || !height) return undefined;
  const image = new ImageData(width, height);
  const at = (list: readonly number[], c: number) => list[list.length === 1 ? 0 : c]!;
  const source = channels === 'BGR' ? [2, 1, 0] : channels === 'GRAY' ? [0, 0, 0] : [0, 1, 2];
  for (let pixel = 0; pixel < width * height; ++pixel) {
    source.forEach((c, i) => {
      const index = layout === 'NCHW' ? c * width * height + pixel : pixel * count + c;
      image.data[pixel * 4 + i] = (values[index]! * at(std, c) + at(mean, c)) / scale;
    });
    image.data[pixel * 4 + 3] = 255;
  }
  return image;
}

/** The file's own picture. Its address is given back when the window has shown it. */
async function original({ files }: PendingSample): Promise<HTMLElement> {
  const bytes = (await files[0]!.bytes()) as Uint8Array<ArrayBuffer>;
  const url = URL.createObjectURL(new Blob([bytes]));
  const image = el('img', { src: url, alt: 'The picture in the file', class: 'drawn' });
  const done = () => URL.revokeObjectURL(url);
  image.addEventListener('load', done, { once: true });
  image.addEventListener('error', done, { once: true });
  return image;
}

const CHANNELS = { RGB: 'in colour', BGR: 'in colour', GRAY: 'in grey' };

const isPicture = ({ files }: PendingSample): boolean =>
  files.length === 1 && /\.(jpe?g|png|webp|gif|bmp|avif)$/i.test(files[0]!.path);

/** The picture in the file, and as the model sees it; undefined for a tensor that is no picture. */
export async function pictureView(
  input: string,
  tensor: TensorMap[string],
  settings: ImageSettings,
  origin: PendingSample,
): Promise<HTMLElement | undefined> {
  const image = pixelsOf(tensor, settings);
  if (image === undefined) return undefined;
  const { width, height } = image;
  const canvas = el('canvas', {
    width,
    height,
    class: 'drawn',
    role: 'img',
    'aria-label': `What '${input}' is given: ${width} × ${height} pixels, ${CHANNELS[settings.channels]}`,
  });
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return el(
    'div',
    { class: 'side-by-side' },
    isPicture(origin) && el('figure', {}, await original(origin), el('figcaption', {}, 'The file')),
    el('figure', {}, canvas, el('figcaption', {}, `The input, ${width} × ${height}`)),
  );
}
