// Pictures: a sample each, for the inputs of kind 'image'.
import { imageToTensor } from '../image.js';
import type { Part, SampleReader } from '../reader.js';

export const image: SampleReader = {
  extensions: ['.jpg', '.jpeg', '.png', '.webp', '.gif', '.bmp', '.avif'],
  kinds: ['image'],
  open: async (file, { preprocess, decoders }) => [
    {
      name: file.path,
      async read() {
        const pixels = await decoders.image(await file.bytes());
        const part: Part = {};
        for (const [name, settings] of Object.entries(preprocess.inputs)) {
          if (settings.kind === 'image') part[name] = imageToTensor(pixels, settings);
        }
        return part;
      },
    },
  ],
};
