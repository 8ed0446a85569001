// Parts of the platforms that browsers and Node share.
import { asQuantabError, messageOf, QuantabError, throwIfAborted } from '../core/error.js';
import type { SourceData } from '../core/protocol.js';
import type { CallOptions, Flavor } from '../core/types.js';
import type { ModelInput } from './platform.js';

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

const isBuffer = (value: unknown): value is ArrayBuffer =>
  ['[object ArrayBuffer]', '[object SharedArrayBuffer]'].includes(
    Object.prototype.toString.call(value),
  );

const nameOfBlob = (blob: Blob): string =>
  'name' in blob && typeof blob.name === 'string' ? blob.name : '<blob>';

/** A fetched file, as a blob. */
async function download(url: URL, { signal, onProgress }: CallOptions): Promise<SourceData> {
  const name =
    decodeURIComponent(url.pathname.slice(url.pathname.lastIndexOf('/') + 1)) || url.href;
  const failed = (why: string, cause?: unknown) =>
    new QuantabError(
      'Io',
      `'${url.href}' could not be fetched: ${why}.`,
      { file: name },
      { cause },
    );
  try {
    const response = await fetch(url, { signal: signal ?? null });
    if (!response.ok) throw failed(`the server answered ${response.status}`);
    const total = Number(response.headers.get('content-length') ?? 0);
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let done = 0;
    const reader = response.body?.getReader();
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      parts.push(next.value as Uint8Array<ArrayBuffer>);
      done += next.value.byteLength;
      onProgress?.({ stage: 'read', done, total });
    }
    return { kind: 'blob', name, blob: new Blob(parts) };
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
      `'${name}' could not be read: ${messageOf(error)} Choose it again.`,
      { file: name },
      { cause: error },
    );
  }
}

/** Resolves all inputs but strings; `fileUrl` turns a file: URL into a source. */
export async function resolveInput(
  input: Exclude<ModelInput, string>,
  readsBlobs: boolean,
  options: CallOptions,
  fileUrl?: (url: URL) => SourceData,
): Promise<SourceData> {
  throwIfAborted(options.signal);
  let blob: Blob;
  let name: string;
  if (ArrayBuffer.isView(input)) {
    return {
      kind: 'bytes',
      name: '<bytes>',
      bytes: new Uint8Array(input.buffer, input.byteOffset, input.byteLength),
    };
  } else if (isBuffer(input)) {
    return { kind: 'bytes', name: '<bytes>', bytes: new Uint8Array(input) };
  } else if (Object.prototype.toString.call(input) === '[object URL]') {
    const url = input as URL;
    if (url.protocol === 'file:' && fileUrl !== undefined) return fileUrl(url);
    const fetched = (await download(url, options)) as SourceData & { kind: 'blob' };
    ({ blob, name } = fetched);
  } else if (isBlob(input)) {
    blob = input;
    name = nameOfBlob(blob);
  } else if (isHandle(input)) {
    blob = await input.getFile().catch((error: unknown) => {
      throw new QuantabError(
        'Io',
        `The file could not be opened: ${messageOf(error)}`,
        {},
        { cause: error },
      );
    });
    name = nameOfBlob(blob);
  } else {
    throw new QuantabError(
      'InvalidArgument',
      'A model must be a File, a Blob, a file handle, a URL, a path (in Node) or bytes.',
    );
  }
  return readsBlobs ? { kind: 'blob', name, blob } : bytesOfBlob(name, blob);
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

/** Compiles each flavour once. */
export function compileOnce(
  compile: (flavor: Flavor) => Promise<WebAssembly.Module>,
): (flavor: Flavor) => Promise<WebAssembly.Module> {
  const modules = new Map<Flavor, Promise<WebAssembly.Module>>();
  return (flavor) => {
    let module = modules.get(flavor);
    if (module === undefined) {
      module = compile(flavor).catch((error: unknown) => {
        modules.delete(flavor);
        throw new QuantabError(
          'Internal',
          `The ${flavor} module could not be loaded: ${messageOf(error)}`,
          {},
          {
            cause: error,
          },
        );
      });
      modules.set(flavor, module);
    }
    return module;
  };
}
