// Files in Node: bytes and paths.
import fs from 'node:fs';
import path from 'node:path';

import { messageOf, QuantabError } from '../core/error.js';
import type { ExternalData, SourceData, Target } from '../core/protocol.js';
import { bytesSource, givenFile, memorySink, type HostFiles, type HostSink } from './files.js';
import type { WasmFiles, WasmSource } from './wasm.js';

/** What the C library says of an error; Node has only its own wording. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EPERM: 'Operation not permitted',
  EISDIR: 'Is a directory',
  ENOTDIR: 'Not a directory',
  ENOSPC: 'No space left on device',
  EDQUOT: 'Disk quota exceeded',
  EFBIG: 'File too large',
  EROFS: 'Read-only file system',
  EIO: 'Input/output error',
  ELOOP: 'Too many levels of symbolic links',
  EMFILE: 'Too many open files',
  ENAMETOOLONG: 'File name too long',
  ENFILE: 'Too many open files in system',
};

const advices: Readonly<Record<string, string>> = {
  EACCES: 'Check the permissions.',
  EDQUOT: 'Free some space, or choose another folder.',
  EMFILE: "Close other programs, or allow more open files ('ulimit -n').",
  ENFILE: "Close other programs, or allow more open files ('ulimit -n').",
  ENOENT: 'Check the path.',
  ENOSPC: 'Free some space, or choose another folder.',
  EPERM: 'Check the permissions.',
  EROFS: 'Check the permissions.',
};

/** A failed system call as an error: "'x' cannot be read: No such file or directory. Check the path." */
export function ioError(name: string, what: string, error: unknown): QuantabError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const advice = advices[code] ?? 'Check the path and the disk.';
  const message = `'${name}' ${what}: ${reasons[code] ?? messageOf(error)}. ${advice}`;
  return new QuantabError('Io', message, { file: name }, { cause: error });
}

/** Opening waits for nobody: a pipe that nobody writes to is refused like one that somebody does. */
const OPEN_FLAGS = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);
/** The most that one call of read is asked for; Node refuses 2 GiB. */
const MOST_READ = 2 ** 30;

function openRegular(name: string, file: string): { fd: number; size: number } {
  let fd: number | undefined;
  try {
    fd = fs.openSync(file, OPEN_FLAGS);
    const stat = fs.fstatSync(fd);
    if (stat.isFile()) return { fd, size: stat.size };
    const what = stat.isDirectory() ? 'is a folder' : 'is no regular file';
    throw new QuantabError('Io', `'${name}' ${what}. Give a file.`, { file: name });
  } catch (error) {
    if (fd !== undefined) fs.closeSync(fd);
    throw error instanceof QuantabError ? error : ioError(name, 'cannot be opened', error);
  }
}

function pathSource(name: string, file: string): WasmSource {
  const { fd, size } = openRegular(name, file);
  return {
    name,
    size,
    read(offset, out) {
      try {
        for (let done = 0; done < out.byteLength;) {
          const most = Math.min(out.byteLength - done, MOST_READ);
          const count = fs.readSync(fd, out, done, most, offset + done);
          if (count === 0) return `'${name}' became shorter while it was read. Try again.`;
          done += count;
        }
        return undefined;
      } catch (error) {
        return ioError(name, 'cannot be read', error).message;
      }
    },
    close() {
      fs.closeSync(fd);
    },
  };
}

function openSource(data: SourceData): WasmSource {
  switch (data.kind) {
    case 'bytes':
      return bytesSource(data.name, data.bytes);
    case 'path':
      return pathSource(data.name, data.path);
    case 'blob':
      throw new QuantabError('Internal', `'${data.name}' should have been read into bytes.`);
  }
}

/** The file at `location` in `directory`, unless it lies elsewhere once symbolic links are followed. */
function besideModel(directory: string, location: string): WasmSource | string | null {
  let folder: string;
  let file: string;
  try {
    folder = fs.realpathSync(directory);
    file = fs.realpathSync(path.join(directory, location));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    return ioError(location, 'cannot be opened', error).message;
  }
  const inside = path.relative(folder, file);
  if (inside.startsWith('..') || path.isAbsolute(inside)) {
    return `'${location}' lies outside the model's folder. Put the file itself, rather than a link to it, beside the model.`;
  }
  return pathSource(location, file);
}

function openExternal({ files, directory }: ExternalData): WasmFiles {
  return {
    open(location) {
      try {
        const given = givenFile(files, location);
        if (given !== undefined) return openSource(given);
        return directory === undefined ? null : besideModel(directory, location);
      } catch (error) {
        return messageOf(error);
      }
    },
  };
}

/** The caller removes the file if it is not finished, as this thread may be ended at any time. */
function pathSink({ path: file, name, fresh, mode }: Target & { kind: 'path' }): HostSink {
  let fd: number | undefined;
  const open = () => (fd ??= fs.openSync(file, fresh ? 'wx' : 'w', mode));
  const close = () => {
    const closing = fd;
    fd = undefined;
    if (closing !== undefined) fs.closeSync(closing);
  };
  const guarded = (step: () => void): string | undefined => {
    try {
      step();
      return undefined;
    } catch (error) {
      return ioError(name, 'cannot be written', error).message;
    }
  };
  return {
    name,
    write: (bytes) =>
      guarded(() => {
        for (let done = 0; done < bytes.byteLength;) done += fs.writeSync(open(), bytes, done);
      }),
    finish: () =>
      guarded(() => {
        open();
        close();
      }),
    result: () => undefined,
    discard: () => void guarded(close),
  };
}

export const nodeFiles: HostFiles = {
  openSource,
  openExternal,
  openSink: (target, size) => (target.kind === 'path' ? pathSink(target) : memorySink(size)),
  shelve: (bytes) => bytes,
};
