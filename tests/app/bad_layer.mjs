// The network with one layer that does not bear quantization, on the page.
import { Tensor } from 'quantab';
import { writeNpy } from 'quantab/samples';
import { BAD, convNet, images } from '../package/conv_net.mjs';

/** The name of that layer's node. */
export const badNode = `c${BAD}`;

/** All images in one array. */
function samples() {
  const dims = [images.length, ...images[0].r0.dims.slice(1)];
  const data = Float32Array.from(images.flatMap(({ r0 }) => [...r0.data]));
  return { name: 'images.npy', bytes: Buffer.from(writeNpy(new Tensor('float32', dims, data))) };
}

/** Opens it with its samples, and quantizes it statically. */
export async function quantizeBadLayer(tab) {
  await tab.open({ name: 'net.onnx', bytes: convNet() });
  await tab.drop(samples());
  await tab.samplesAre('1 sample file, 4 rows, used as 4 samples.');
  await tab.quantize();
}

/** The first output's decibels of the result whose details are shown. */
export const decibels = async (tab) =>
  Number(
    await tab.text('#figures table:has-text("How far the outputs are apart") tbody td >> nth=0'),
  );
