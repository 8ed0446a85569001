// What the suites of samples share: fixtures, files in memory, inputs.
import { readFileSync } from 'node:fs';

export const fixture = (name) =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8'));

export const bytesOf = (base64) => new Uint8Array(Buffer.from(base64, 'base64'));
export const floatsOf = (base64) => new Float32Array(bytesOf(base64).buffer);

/** A file of bytes as base64. */
export const fileOf = (path, base64) => ({ path, bytes: async () => bytesOf(base64) });
export const textFile = (path, text) => ({
  path,
  bytes: async () => new TextEncoder().encode(text),
});
export const jsonFile = (path, value) => textFile(path, JSON.stringify(value));

/** A model's input; numbers are fixed dimensions, texts are symbols. */
export const tensorInput = (name, dtype, shape) => ({
  name,
  kind: 'tensor',
  dtype,
  shape: shape.map(String),
  hasShape: true,
});

/** All samples of a set, or of a promise of one. */
export async function all(set) {
  const samples = [];
  for await (const sample of await set) samples.push(sample);
  return samples;
}

export async function only(set) {
  const samples = await all(set);
  if (samples.length !== 1) throw new Error(`There are ${samples.length} samples, expected one.`);
  return samples[0];
}
