// Pictures and sounds by the browser's own decoders.
import { QuantabError } from '../core/error.js';
import type { Sound } from './audio/wav.js';
import type { Pixels } from './image.js';
import type { Decoders } from './reader.js';

/** What sounds are decoded at; the settings' rate is made of it. */
const RATE = 48000;

async function image(bytes: Uint8Array): Promise<Pixels> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]), {
      colorSpaceConversion: 'none',
    });
  } catch (cause) {
    throw new QuantabError(
      'InvalidArgument',
      'This is no picture that the browser can read. Use PNG, JPEG or WebP, or leave it out.',
      {},
      { cause },
    );
  }
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) {
    throw new QuantabError('Unsupported', 'The browser gives no canvas to read pictures with.');
  }
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** The mean of the channels. */
function mono(buffer: AudioBuffer): Float32Array {
  const samples = new Float32Array(buffer.length);
  for (let channel = 0; channel < buffer.numberOfChannels; ++channel) {
    const data = buffer.getChannelData(channel);
    for (let i = 0; i < samples.length; ++i) samples[i]! += data[i]! / buffer.numberOfChannels;
  }
  return samples;
}

async function audio(bytes: Uint8Array): Promise<Sound> {
  if (typeof OfflineAudioContext === 'undefined') {
    throw new QuantabError(
      'Unsupported',
      'Sounds other than WAV and FLAC can be read in a page only.',
    );
  }
  try {
    const context = new OfflineAudioContext(1, 1, RATE);
    // A copy: decoding takes the buffer away.
    const buffer = await context.decodeAudioData(bytes.slice().buffer);
    return { rate: buffer.sampleRate, samples: mono(buffer) };
  } catch (cause) {
    throw new QuantabError(
      'InvalidArgument',
      'This is no sound that the browser can read. Use WAV, FLAC or MP3, or leave it out.',
      {},
      { cause },
    );
  }
}

export const browserDecoders: Decoders = { image, audio };
