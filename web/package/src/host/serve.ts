// The worker's side of the protocol: messages in, messages out, whatever the channel.
import { asQuantabError } from '../core/error.js';
import {
  CANCEL,
  CHUNKS_ON_THE_WAY,
  TAKEN,
  type FromWorker,
  type RequestMessage,
  type StartMessage,
  type ToWorker,
  type WrittenFile,
} from '../core/protocol.js';
import type { HostFiles } from './files.js';
import { Host, tryHandle } from './host.js';
import type { MakeThread } from './threads.js';
import { startCore, type GlueFactory } from './wasm.js';

/** The buffers of a result's arrays, to be moved rather than copied. */
function buffersOf(value: unknown, found = new Set<ArrayBuffer>()): Set<ArrayBuffer> {
  if (ArrayBuffer.isView(value)) {
    found.add(value.buffer as ArrayBuffer);
  } else if (typeof value === 'object' && value !== null && !(value instanceof Blob)) {
    for (const item of Object.values(value)) buffersOf(item, found);
  }
  return found;
}

/** Returns what to call with each message that arrives. */
export function serve(
  { factory, makeThread }: { factory: GlueFactory; makeThread: MakeThread },
  files: HostFiles,
  post: (message: FromWorker, transfer: Transferable[]) => void,
): (message: ToWorker) => void {
  let host: Host | undefined;
  let shared: Int32Array | null = null;
  /** Chunks there have been; wraps as the count of taken ones does. */
  let given = 0;

  const start = async (message: StartMessage) => {
    try {
      shared = message.shared;
      const { module, generation, threads } = message;
      host = new Host(await startCore(factory, module, threads, makeThread), files, generation);
      post({ type: 'ready' }, []);
    } catch (error) {
      post({ type: 'failed', error: asQuantabError(error).toJSON() }, []);
    }
  };

  const cancelled = (id: number) => shared !== null && Atomics.load(shared, CANCEL) === id;

  const chunk = (id: number, file: WrittenFile, bytes: Uint8Array<ArrayBuffer>) => {
    const data = shared === null ? files.shelve(bytes) : bytes;
    post({ type: 'chunk', id, file, data }, [...buffersOf(data)]);
    given = (given + 1) | 0;
    if (shared === null) return;
    for (;;) {
      const taken = Atomics.load(shared, TAKEN);
      if (((given - taken) | 0) < CHUNKS_ON_THE_WAY || cancelled(id)) return;
      Atomics.wait(shared, TAKEN, taken);
    }
  };

  const answer = async ({ id, name, args, attentive }: RequestMessage) => {
    if (host === undefined) return;
    await host.prepare(name);
    const outcome = tryHandle(host, name, args, {
      attentive,
      progress: (progress) => post({ type: 'progress', id, progress }, []),
      log: (level, message) => post({ type: 'log', id, level, message }, []),
      chunk: (file, bytes) => chunk(id, file, bytes),
      cancelled: () => cancelled(id),
    });
    if ('result' in outcome) {
      post({ type: 'result', id, result: outcome.result }, [...buffersOf(outcome.result)]);
    } else {
      post({ type: 'error', id, error: outcome.error.toJSON(), dead: outcome.dead }, []);
    }
  };

  return (message) => {
    if (message.type === 'start') void start(message);
    else void answer(message);
  };
}
