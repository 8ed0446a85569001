// Ways out of a model, over the one request that writes it.
import { throwIfAborted, untilAborted } from './abort.js';
import type { Chunk, EngineCall } from './engine.js';
import { QuantabError, asQuantabError, sentenceOf } from './error.js';
import type { Result, Target, Written, WrittenFile } from './protocol.js';
import { writeOptions } from './options.js';
import type {
  CallOptions,
  WritableHandle,
  WriteOptions,
  WriteToOptions,
  WrittenSizes,
} from './types.js';
import { isBlob } from '../platform/common.js';
import type { PendingFile, Platform } from '../platform/platform.js';

/** Asks the core to write the model. */
export type Write = (
  options: WriteOptions,
  target: Target,
  external: Target | null,
  call: EngineCall,
) => Promise<Result<'write'>>;

type Bytes = Uint8Array<ArrayBuffer>;

export async function bytesOf(written: Written): Promise<Bytes> {
  return isBlob(written)
    ? new Uint8Array(await written.arrayBuffer())
    : (written ?? new Uint8Array());
}

export const blobOf = (written: Written): Blob =>
  isBlob(written)
    ? written
    : new Blob(written === undefined ? [] : [written], { type: 'application/octet-stream' });

/** The model as one file, asked for as it is read: nothing is done before the first read. */
export function streamOf(write: Write, call: CallOptions): ReadableStream<Bytes> {
  const ended = new AbortController();
  const { signal } = call;
  const end = () => ended.abort(signal?.reason);
  let started = false;
  let wanted = 0;
  let want: (() => void) | undefined;

  const run = async (controller: ReadableStreamDefaultController<Bytes>) => {
    const onChunk = async ({ data }: Chunk) => {
      const bytes = await bytesOf(data);
      while (wanted === 0) await new Promise<void>((resolve) => (want = resolve));
      wanted--;
      controller.enqueue(bytes);
    };
    if (signal?.aborted) end();
    else signal?.addEventListener('abort', end);
    try {
      await write({}, { kind: 'chunks' }, null, { ...call, signal: ended.signal, onChunk });
      controller.close();
    } catch (error) {
      controller.error(error);
    } finally {
      signal?.removeEventListener('abort', end);
    }
  };
  return new ReadableStream<Bytes>(
    {
      pull(controller) {
        wanted++;
        want?.();
        if (started) return;
        started = true;
        void run(controller);
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}

export const isWritableHandle = (target: unknown): target is WritableHandle =>
  typeof target === 'object' &&
  target !== null &&
  'createWritable' in target &&
  typeof target.createWritable === 'function';

function invalid(message: string): never {
  throw new QuantabError('InvalidArgument', message);
}

/** What a model's file is called when its handle has no name. */
const nameOf = (handle: WritableHandle, modelName: string): string => {
  if (handle.name) return handle.name;
  const last = modelName.split(/[\\/]/).at(-1) ?? '';
  return last === '' || last.startsWith('<') ? 'model.onnx' : last;
};

/** Refuses what would silently be left out. */
function checkExternal({ useExternalDataFormat, externalTarget }: WriteToOptions): void {
  if (externalTarget !== undefined && !useExternalDataFormat) {
    invalid('externalTarget is for external data. Set useExternalDataFormat too.');
  }
}

/** What to do when a browser has no room left for a file, which it leaves as it was. */
const MAKE_ROOM = 'Make room, or choose a file on another disk, and write it again.';

const isFull = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'name' in error &&
  error.name === 'QuotaExceededError';

/** A file of a handle's that takes chunks and changes only when closed. */
class HandleFile {
  readonly #name: string;
  readonly #writer: WritableStreamDefaultWriter<Bytes>;

  private constructor(name: string, writer: WritableStreamDefaultWriter<Bytes>) {
    this.#name = name;
    this.#writer = writer;
    writer.closed.catch(() => {});
  }

  static async open(handle: WritableHandle, signal: AbortSignal | undefined): Promise<HandleFile> {
    const name = handle.name ?? '';
    const opening = HandleFile.#guard(name, async () =>
      (await handle.createWritable()).getWriter(),
    );
    try {
      return new HandleFile(name, await untilAborted(opening, signal));
    } catch (error) {
      // It may still be opened, once a person has given leave.
      opening.then((writer) => writer.abort(error)).catch(() => {});
      throw error;
    }
  }

  write(bytes: Bytes): Promise<void> {
    return HandleFile.#guard(this.#name, async () => {
      await this.#writer.ready;
      await this.#writer.write(bytes);
    });
  }

  close(): Promise<void> {
    return HandleFile.#guard(this.#name, () => this.#writer.close());
  }

  async abort(reason: unknown): Promise<void> {
    await this.#writer.abort(reason).catch(() => {});
  }

  static async #guard<T>(name: string, step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      const { code } = asQuantabError(error, 'Io');
      const advice = isFull(error) ? ` ${MAKE_ROOM}` : '';
      const message = `${name ? `'${name}'` : 'The file'} could not be written: ${sentenceOf(error)}${advice}`;
      throw new QuantabError(code, message, name ? { file: name } : {}, { cause: error });
    }
  }
}

/** Writes through handles; the files change only when all of both is written. */
export async function writeToHandle(
  write: Write,
  handle: WritableHandle,
  modelName: string,
  options: WriteToOptions,
): Promise<WrittenSizes> {
  const { signal, externalTarget } = options;
  checkExternal(options);
  const settings = writeOptions(options);
  const handles: Partial<Record<WrittenFile, WritableHandle>> = { model: handle };
  if (settings.useExternalDataFormat) {
    if (!isWritableHandle(externalTarget) || externalTarget === handle) {
      invalid('With useExternalDataFormat, externalTarget must be another file handle.');
    }
    handles.external = externalTarget;
    settings.location ??= externalTarget.name ?? `${nameOf(handle, modelName)}.data`;
  }
  const files: Partial<Record<WrittenFile, HandleFile>> = {};
  try {
    for (const [file, to] of Object.entries(handles) as [WrittenFile, WritableHandle][])
      files[file] = await HandleFile.open(to, signal);
    const { sizes } = await write(
      settings,
      { kind: 'chunks' },
      files.external === undefined ? null : { kind: 'chunks' },
      { ...options, onChunk: async ({ file, data }) => files[file]?.write(await bytesOf(data)) },
    );
    throwIfAborted(signal);
    // The data first: a model that is there has its data beside it.
    await files.external?.close();
    await files.model?.close();
    return sizes;
  } catch (error) {
    await Promise.all(Object.values(files).map((file) => file.abort(error)));
    throw error;
  }
}

/** Writes to a path; the files come into being, or change, when all of both is written. */
export async function writeToPath(
  write: Write,
  platform: Platform,
  target: unknown,
  options: WriteToOptions,
): Promise<WrittenSizes> {
  checkExternal(options);
  const path = platform.pathOf(target);
  const settings = writeOptions(options);
  const files: PendingFile[] = [];
  const pending = (where: string): Target => {
    const file = platform.pendingFile(where);
    files.push(file);
    return { kind: 'path', path: file.path, name: where, fresh: file.fresh, mode: file.mode };
  };
  try {
    let external: Target | null = null;
    if (settings.useExternalDataFormat) {
      const where = externalPath(platform, path, settings, options.externalTarget);
      if (platform.samePath(where, path)) {
        invalid(`externalTarget is '${where}', the model's own file. Choose another.`);
      }
      external = pending(where);
    }
    const { sizes } = await write(settings, pending(path), external, options);
    throwIfAborted(options.signal);
    for (const file of files) await file.commit();
    return sizes;
  } finally {
    await Promise.all(files.map((file) => file.discard()));
  }
}

/** Where external data goes; sets the location that the model records, if there is none. */
function externalPath(
  platform: Platform,
  path: string,
  settings: WriteOptions,
  target: WriteToOptions['externalTarget'],
): string {
  if (target === undefined) {
    settings.location ??= `${platform.locationOf(path, path)}.data`;
    return platform.beside(path, settings.location);
  }
  if (isWritableHandle(target)) invalid('externalTarget must be a path when the target is one.');
  const where = platform.pathOf(target);
  settings.location ??= platform.locationOf(where, path);
  return where;
}
