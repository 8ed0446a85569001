// The worker's side of the protocol: messages in, messages out, whatever the channel.
import { asQuantabError } from '../core/error.js';
import type { FromWorker, RequestMessage, StartMessage, ToWorker } from '../core/protocol.js';
import type { HostFiles } from './files.js';
import { Host, tryHandle } from './host.js';
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
  factory: GlueFactory,
  files: HostFiles,
  post: (message: FromWorker, transfer: Transferable[]) => void,
): (message: ToWorker) => void {
  let host: Host | undefined;
  let cancel: Int32Array | null = null;

  const start = async (message: StartMessage) => {
    try {
      cancel = message.cancel;
      host = new Host(await startCore(factory, message.module), files);
      post({ type: 'ready' }, []);
    } catch (error) {
      post({ type: 'failed', error: asQuantabError(error).toJSON() }, []);
    }
  };

  const answer = ({ id, name, args }: RequestMessage) => {
    if (host === undefined) return;
    const outcome = tryHandle(host, name, args, {
      progress: (progress) => post({ type: 'progress', id, progress }, []),
      log: (level, message) => post({ type: 'log', id, level, message }, []),
      cancelled: () => cancel !== null && Atomics.load(cancel, 0) === id,
    });
    if ('result' in outcome) {
      post({ type: 'result', id, result: outcome.result }, [...buffersOf(outcome.result)]);
    } else {
      post({ type: 'error', id, error: outcome.error.toJSON(), dead: outcome.dead }, []);
    }
  };

  return (message) => {
    if (message.type === 'start') void start(message);
    else answer(message);
  };
}
