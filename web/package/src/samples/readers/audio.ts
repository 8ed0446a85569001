// Sounds: a sample each, for the inputs of kind 'audio'.
import { soundToTensor } from '../audio/features.js';
import { isWav, readWav } from '../audio/wav.js';
import type { Part, SampleReader } from '../reader.js';

export const audio: SampleReader = {
  extensions: ['.wav', '.flac', '.mp3', '.ogg', '.m4a', '.aac'],
  kinds: ['audio'],
  open: async (file, { inputs, preprocess, decoders }) => [
    {
      name: file.path,
      async read() {
        const bytes = await file.bytes();
        const sound = isWav(bytes) ? readWav(bytes) : await decoders.audio(bytes);
        const part: Part = {};
        for (const input of inputs) {
          const settings = preprocess.inputs[input.name];
          if (settings?.kind === 'audio') part[input.name] = soundToTensor(sound, settings, input);
        }
        return part;
      },
    },
  ],
};
