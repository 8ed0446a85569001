// Waiting that a signal can end.
import { QuantabError } from './error.js';

export function cancelled(signal?: AbortSignal): QuantabError {
  return new QuantabError(
    'Cancelled',
    'The call was cancelled.',
    {},
    { cause: signal?.reason as unknown },
  );
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled(signal);
}

/** What `promise` becomes, unless the signal fires first. What is waited for goes on, unheard. */
export function untilAborted<T>(
  promise: T | PromiseLike<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const waited = Promise.resolve(promise);
  if (signal === undefined) return waited;
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(cancelled(signal));
    const settled = () => signal.removeEventListener('abort', abort);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
    waited.then(resolve, reject).finally(settled);
  });
}
