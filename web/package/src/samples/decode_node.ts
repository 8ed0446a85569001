// Pictures in Node, by decoders in WebAssembly that are loaded when they are first needed. As in browsers, a JPEG is turned the way
// its camera was held.
import fs from 'node:fs';

import { QuantabError } from '../core/error.js';
import type { Pixels } from './image.js';
import type { Decoders } from './reader.js';

/** Larger pictures do not fit the decoders' memory. */
const MOST_PIXELS = 2 ** 27;

type Decode = (bytes: Uint8Array<ArrayBuffer>) => Promise<Pixels>;

async function compiled(file: string): Promise<WebAssembly.Module> {
  const bytes = fs.readFileSync(new URL(`../libraries/${file}`, import.meta.url));
  return WebAssembly.compile(bytes);
}

/** Decoders have no console. */
const SILENT = { print: () => {}, printErr: () => {} };

interface Kind {
  name: string;
  /** Whether these are the first bytes of such a file. */
  matches(bytes: Uint8Array): boolean;
  load(): Promise<Decode>;
}

const textAt = (bytes: Uint8Array, at: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + length));

const KINDS: readonly Kind[] = [
  {
    name: 'JPEG',
    matches: (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8,
    async load() {
      const { init, default: decode } = await import('../libraries/jpeg/decode.js');
      await init(await compiled('jpeg/codec/dec/mozjpeg_dec.wasm'), SILENT);
      return (bytes) => decode(bytes.buffer, { preserveOrientation: true });
    },
  },
  {
    name: 'PNG',
    matches: (bytes) => textAt(bytes, 1, 3) === 'PNG',
    async load() {
      const { init, default: decode } = await import('../libraries/png/decode.js');
      await init(await compiled('png/codec/pkg/squoosh_png_bg.wasm'));
      return (bytes) => decode(bytes.buffer);
    },
  },
  {
    name: 'WebP',
    matches: (bytes) => textAt(bytes, 0, 4) === 'RIFF' && textAt(bytes, 8, 4) === 'WEBP',
    async load() {
      const { init, default: decode } = await import('../libraries/webp/decode.js');
      await init(await compiled('webp/codec/dec/webp_dec.wasm'), SILENT);
      return (bytes) => decode(bytes.buffer);
    },
  },
];

const loaded = new Map<Kind, Promise<Decode>>();

/** A PNG says its size in its first bytes; the others' decoders refuse what is too large by themselves. */
function checkSize(bytes: Uint8Array, { name }: Kind): void {
  if (name !== 'PNG' || bytes.length < 24) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (width * height <= MOST_PIXELS) return;
  throw new QuantabError(
    'Unsupported',
    `The picture has ${width} x ${height} pixels, too many to be read here. Make it smaller.`,
  );
}

async function image(bytes: Uint8Array): Promise<Pixels> {
  const kind = KINDS.find(({ matches }) => matches(bytes));
  if (kind === undefined) {
    throw new QuantabError(
      'InvalidArgument',
      'This is no picture that can be read here. Use PNG, JPEG or WebP, or leave it out.',
    );
  }
  checkSize(bytes, kind);
  const decode = loaded.get(kind) ?? kind.load();
  loaded.set(kind, decode);
  try {
    // A copy: the decoders take whole buffers.
    return await (
      await decode
    )(bytes.slice());
  } catch (error) {
    // What has failed once may be in no state to go on.
    loaded.delete(kind);
    throw new QuantabError(
      'InvalidArgument',
      `The ${kind.name} file is damaged or truncated. Leave it out.`,
      {},
      { cause: error },
    );
  }
}

async function audio(): Promise<never> {
  throw new QuantabError(
    'Unsupported',
    'Sounds other than WAV and FLAC can be read in browsers only. Convert it to WAV or FLAC.',
  );
}

export const nodeDecoders: Decoders = { image, audio };
