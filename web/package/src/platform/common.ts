// Parts of the platforms that browsers and Node share.
import { throwIfAborted, untilAborted } from '../core/abort.js';
import { notify } from '../core/engine.js';
import { asQuantabError, messageOf, QuantabError, sentenceOf } from '../core/error.js';
import type { SourceData } from '../core/protocol.js';
import type { CallOptions, Flavor, ModelInput } from '../core/types.js';
import type { ModulePlace } from './platform.js';

export const isBlob = (value: unknown): value is Blob =>
  typeof value === 'object' &&
  value !== null &&
  'arrayBuffer' in value &&
  'slice' in value &&
  'size' in value;

const isHandle = (value: unknown): value is { getFile(): Promise<Blob> } =>
  typeof value === 'object' &&
  value !== null &&
  'getFile' in value &&
  typeof value.getFile === 'function';

const tagOf = (value: unknown): string => Object.prototype.toString.call(value);

const isBuffer = (value: unknown): value is ArrayBuffer =>
  ['[object ArrayBuffer]', '[object SharedArrayBuffer]'].includes(tagOf(value));

export const isUrl = (value: unknown): value is URL => tagOf(value) === '[object URL]';

const nameOfBlob = (blob: Blob): string =>
  'name' in blob && typeof blob.name === 'string' ? blob.name : '<blob>';

/** A URL from text. Throws a QuantabError when it is none. */
export function parseUrl(text: string, base?: string): URL {
  try {
    return new URL(text, base);
  } catch (error) {
    const message = `'${text}' is no URL. Check its spelling.`;
    throw new QuantabError('InvalidArgument', message, { file: text }, { cause: error });
  }
}

/** The last part of a URL's path, decoded where it is encoded as it should be. */
function nameOfUrl({ pathname, href }: URL): string {
  const last = pathname.slice(pathname.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(last) || href;
  } catch {
    return last;
  }
}

/** A fetched file, as a blob. */
async function download(url: URL, { signal, onProgress }: CallOptions): Promise<Blob> {
  const failed = (why: string, cause?: unknown) => {
    const message = `'${url.href}' could not be fetched: ${why}.`;
    return new QuantabError('Io', message, { file: nameOfUrl(url) }, { cause });
  };
  try {
    const response = await fetch(url, { signal: signal ?? null });
    if (!response.ok) throw failed(`the server answered ${response.status}`);
    // The length is that of what is sent, which may be compressed.
    const encoded = response.headers.has('content-encoding');
    const total = encoded ? 0 : Number(response.headers.get('content-length') ?? 0);
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let done = 0;
    const reader = response.body?.getReader();
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      parts.push(next.value as Uint8Array<ArrayBuffer>);
      done += next.value.byteLength;
      const progress = { stage: 'read' as const, done, total };
      notify(() => onProgress?.(progress));
    }
    return new Blob(parts);
  } catch (error) {
    throwIfAborted(signal);
    if (error instanceof QuantabError) throw error;
    throw failed(messageOf(error), error);
  }
}

async function bytesOfBlob(name: string, blob: Blob): Promise<SourceData> {
  try {
    return { kind: 'bytes', name, bytes: new Uint8Array(await blob.arrayBuffer()) };
  } catch (error) {
    throw new QuantabError(
      asQuantabError(error, 'Io').code,
      `'${name}' could not be read: ${sentenceOf(error)} Choose it again.`,
      { file: name },
      { cause: error },
    );
  }
}

async function fileOf(handle: { getFile(): Promise<Blob> }): Promise<Blob> {
  try {
    return await handle.getFile();
  } catch (error) {
    const message = `The file could not be opened: ${sentenceOf(error)}`;
    throw new QuantabError('Io', message, {}, { cause: error });
  }
}

/** Resolves all inputs but text, and file: URLs. */
export async function resolveInput(
  input: Exclude<ModelInput, string>,
  readsBlobs: boolean,
  call: CallOptions,
): Promise<SourceData> {
  const { signal } = call;
  throwIfAborted(signal);
  if (ArrayBuffer.isView(input)) {
    const { buffer, byteOffset, byteLength } = input;
    return {
      kind: 'bytes',
      name: '<bytes>',
      bytes: new Uint8Array(buffer, byteOffset, byteLength),
    };
  }
  if (isBuffer(input)) return { kind: 'bytes', name: '<bytes>', bytes: new Uint8Array(input) };
  let blob: Blob;
  let name: string;
  if (isUrl(input)) {
    blob = await download(input, call);
    name = nameOfUrl(input);
  } else if (isBlob(input)) {
    blob = input;
    name = nameOfBlob(blob);
  } else if (isHandle(input)) {
    blob = await untilAborted(fileOf(input), signal);
    name = nameOfBlob(blob);
  } else {
    throw new QuantabError(
      'InvalidArgument',
      'A model must be a File, a Blob, a file handle, a URL, a path (in Node) or bytes.',
    );
  }
  return readsBlobs ? { kind: 'blob', name, blob } : untilAborted(bytesOfBlob(name, blob), signal);
}

/**
 * A module whose only function swizzles two vectors by a relaxed instruction: (module (func (result v128)
 * (i8x16.relaxed_swizzle (i8x16.splat (i32.const 1)) (i8x16.splat (i32.const 2))))).
 */
const RELAXED_PROBE = /* @__PURE__ */ new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15,
  65, 2, 253, 15, 253, 128, 2, 11,
]);

/** The module for this machine: relaxed SIMD where it is known. */
export function bestFlavor(): Flavor {
  return WebAssembly.validate(RELAXED_PROBE) ? 'relaxed' : 'simd';
}

/** So many threads at most unless more are asked for: they are seldom faster, and leave less of the machine to others. */
export const USUAL_THREADS = 4;

/** Compiles the module at each address once. */
export function compileOnce(
  addressOf: (place: ModulePlace) => URL,
  compile: (url: URL) => Promise<WebAssembly.Module>,
): (place: ModulePlace) => Promise<WebAssembly.Module> {
  const modules = new Map<string, Promise<WebAssembly.Module>>();
  const failed = (what: string, error: unknown) => {
    const message = `The module${what} could not be loaded: ${sentenceOf(error)} If it is elsewhere, give its address with the option 'wasm'.`;
    return new QuantabError('Io', message, {}, { cause: error });
  };
  const load = async (url: URL) => {
    try {
      return await compile(url);
    } catch (error) {
      modules.delete(url.href);
      throw failed(` '${url.href}'`, error);
    }
  };
  return async (place) => {
    let url;
    try {
      url = addressOf(place);
    } catch (error) {
      throw failed('', error);
    }
    let module = modules.get(url.href);
    if (module === undefined) modules.set(url.href, (module = load(url)));
    return module;
  };
}

/** Fetches and compiles, while it arrives if the server lets it. */
export async function compileFetched(url: URL): Promise<WebAssembly.Module> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  // A server that does not know the type of .wasm files keeps them from being compiled while they arrive.
  if (response.headers.get('content-type')?.startsWith('application/wasm')) {
    return WebAssembly.compileStreaming(response);
  }
  return WebAssembly.compile(await response.arrayBuffer());
}
