// A waveform over time, and features as a spectrogram.
import type { TensorMap } from 'quantab';
import { decodeSound, resample, type AudioSettings, type PendingSample } from 'quantab/samples';
import { byId, el } from '../dom';
import { figure } from '../format';
import { numbersOf, statisticOf } from './numbers';

const WIDTH = 480;
const HEIGHT = 96;

/** Colours from quiet to loud, as red, green and blue. */
const COLOURS = [
  [13, 8, 60],
  [86, 15, 109],
  [187, 55, 84],
  [249, 142, 9],
  [252, 255, 164],
] as const;

function colourOf(share: number): [number, number, number] {
  const at = Math.min(1, Math.max(0, share)) * (COLOURS.length - 1);
  const i = Math.min(COLOURS.length - 2, Math.floor(at));
  const [from, to] = [COLOURS[i]!, COLOURS[i + 1]!];
  const mix = (c: 0 | 1 | 2) => from[c] + (to[c] - from[c]) * (at - i);
  return [mix(0), mix(1), mix(2)];
}

/** For each column, its least and greatest value. */
function waveformCanvas(values: ArrayLike<number>, label: string): HTMLCanvasElement {
  const canvas = el('canvas', {
    width: WIDTH,
    height: HEIGHT,
    class: 'drawn',
    role: 'img',
    'aria-label': label,
  });
  const context = canvas.getContext('2d');
  if (context === null) return canvas;
  const { least, most } = statisticOf(Float64Array.from(values));
  const reach = Math.max(Math.abs(least), Math.abs(most), 1e-6);
  const y = (value: number) => (0.5 - value / reach / 2.1) * HEIGHT;
  // The colour of text in the window, light or dark; a canvas has none of its own.
  context.fillStyle = getComputedStyle(byId('main')).getPropertyValue('--accent');
  for (let x = 0; x < WIDTH; ++x) {
    const first = Math.floor((x * values.length) / WIDTH);
    const end = Math.max(first + 1, Math.floor(((x + 1) * values.length) / WIDTH));
    let [low, high] = [Infinity, -Infinity];
    for (let i = first; i < end && i < values.length; ++i) {
      low = Math.min(low, values[i]!);
      high = Math.max(high, values[i]!);
    }
    if (low <= high) context.fillRect(x, y(high), 1, Math.max(1, y(low) - y(high)));
  }
  return canvas;
}

/** Frames from left to right, low bands at the bottom. */
function spectrogram(
  tensor: TensorMap[string],
  { layout }: AudioSettings,
  label: string,
): HTMLCanvasElement | undefined {
  const values = numbersOf(tensor);
  const [a, b] = tensor.dims.slice(-2);
  if (values === undefined || !a || !b || values.length !== a * b) return undefined;
  const [frames, bins] = layout === 'TF' ? [a, b] : [b, a];
  const { least, most } = statisticOf(values);
  const image = new ImageData(frames, bins);
  for (let frame = 0; frame < frames; ++frame) {
    for (let bin = 0; bin < bins; ++bin) {
      const value = values[layout === 'TF' ? frame * bins + bin : bin * frames + frame]!;
      const colour = colourOf(most > least ? (value - least) / (most - least) : 0);
      image.data.set([...colour, 255], ((bins - 1 - bin) * frames + frame) * 4);
    }
  }
  const canvas = el('canvas', {
    width: frames,
    height: bins,
    class: 'drawn spectrogram',
    role: 'img',
    'aria-label': `${label}: ${frames} frames of ${bins} bands, from ${figure(least)} to ${figure(most)}`,
  });
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas;
}

const seconds = (samples: number, rate: number): string => `${figure(samples / rate)} s`;

/** The part of the file's sound that features were made of. */
async function waveformOf(
  { files, name }: PendingSample,
  { samplingRate, length, split }: AudioSettings,
): Promise<Float32Array> {
  const { rate, samples } = await decodeSound(await files[0]!.bytes());
  const whole = resample(samples, rate, samplingRate);
  if (length === undefined) return whole;
  const piece = split ? Number(/:(\d+)$/.exec(name)?.[1] ?? 1) - 1 : 0;
  return whole.slice(piece * length, (piece + 1) * length);
}

const isSound = ({ files }: PendingSample): boolean =>
  files.length === 1 && /\.(wav|flac|mp3|ogg|m4a|aac)$/i.test(files[0]!.path);

/** The waveform, and the features that are made of it; undefined for a tensor that is neither. */
export async function soundView(
  input: string,
  tensor: TensorMap[string],
  settings: AudioSettings,
  origin: PendingSample,
): Promise<HTMLElement | undefined> {
  const { samplingRate, features } = settings;
  const figureOf = (canvas: HTMLElement, text: string) =>
    el('figure', {}, canvas, el('figcaption', {}, text));
  if (features === 'waveform') {
    const values = numbersOf(tensor);
    if (values === undefined) return undefined;
    const text = `${seconds(values.length, samplingRate)} at ${samplingRate} Hz`;
    return figureOf(waveformCanvas(values, `The waveform that '${input}' is given: ${text}`), text);
  }
  const canvas = spectrogram(tensor, settings, `What '${input}' is given`);
  if (canvas === undefined) return undefined;
  const [a, b] = tensor.dims.slice(-2);
  const drawn = figureOf(canvas, `The input: ${a} × ${b}, low bands at the bottom`);
  if (!isSound(origin)) return drawn;
  const waveform = await waveformOf(origin, settings);
  const text = `The sound, ${seconds(waveform.length, samplingRate)} at ${samplingRate} Hz`;
  return el('div', {}, figureOf(waveformCanvas(waveform, text), text), drawn);
}
