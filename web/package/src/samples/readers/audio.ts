// Sounds: a sample each, or as many as there are pieces in them, for the inputs of kind 'audio'.
import { countPieces, soundToTensor } from '../audio/features.js';
import { isFlac, readFlac } from '../audio/flac.js';
import { isWav, readWav, type Sound } from '../audio/wav.js';
import type { SampleFile } from '../group.js';
import type { Decoders, Part, ReadContext, SampleReader } from '../reader.js';

/** A sound by the contents of its file. Rejects with a QuantabError. */
export async function decodeSoundWith(decoders: Decoders, bytes: Uint8Array): Promise<Sound> {
  if (isWav(bytes)) return readWav(bytes);
  return isFlac(bytes) ? readFlac(bytes) : decoders.audio(bytes);
}

const decoded = async (file: SampleFile, decoders: Decoders): Promise<Sound> =>
  decodeSoundWith(decoders, await file.bytes());

function partOf(sound: Sound, piece: number, { inputs, preprocess }: ReadContext): Part {
  const part: Part = {};
  for (const input of inputs) {
    const settings = preprocess.inputs[input.name];
    if (settings?.kind === 'audio') {
      part[input.name] = soundToTensor(sound, settings, input, piece);
    }
  }
  return part;
}

export const audio: SampleReader = {
  extensions: ['.wav', '.flac', '.mp3', '.ogg', '.m4a', '.aac'],
  kinds: ['audio'],
  async open(file, context) {
    const settings = Object.values(context.preprocess.inputs).filter(
      (each) => each.kind === 'audio',
    );
    const splitting = settings.find(({ split }) => split);
    if (splitting === undefined) {
      const read = async () => partOf(await decoded(file, context.decoders), 0, context);
      return [{ name: file.path, read }];
    }
    const first = await decoded(file, context.decoders);
    // Pieces are read one after another; the whole need not be decoded for each.
    let kept = new WeakRef(first);
    return Array.from({ length: countPieces(first, splitting) }, (_, piece) => ({
      name: `${file.path}:${piece + 1}`,
      async read() {
        const sound = kept.deref() ?? (await decoded(file, context.decoders));
        kept = new WeakRef(sound);
        return partOf(sound, piece, context);
      },
    }));
  },
};
