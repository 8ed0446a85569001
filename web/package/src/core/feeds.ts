// Samples on their way into the core, tensors on their way out.
import { throwIfAborted, untilAborted } from './abort.js';
import { notify } from './engine.js';
import { QuantabError } from './error.js';
import { checkTensor, Tensor, type TensorLike, type TensorMap } from './tensor.js';
import type { CallOptions, Samples } from './types.js';

/** The sample as plain data. Throws a QuantabError when it is none. */
export function checkSample(sample: unknown): TensorMap {
  if (typeof sample !== 'object' || sample === null) {
    throw new QuantabError(
      'InvalidArgument',
      'A sample must be an object of tensors by input name.',
    );
  }
  return Object.fromEntries(
    Object.entries(sample).map(([name, tensor]: [string, TensorLike]) => {
      checkTensor(tensor, `Input '${name}'`);
      const { dtype, dims, data } = tensor;
      return [name, { dtype, dims: [...dims], data }];
    }),
  );
}

export const tensorsOf = (map: TensorMap): TensorMap<Tensor> =>
  Object.fromEntries(
    Object.entries(map).map(([name, { dtype, dims, data }]) => [
      name,
      new Tensor(dtype, dims, data),
    ]),
  );

function iteratorOf(samples: unknown): Iterator<unknown> | AsyncIterator<unknown> {
  const iterable = Object(samples) as Partial<Iterable<unknown> & AsyncIterable<unknown>>;
  const iterator = iterable[Symbol.asyncIterator]?.() ?? iterable[Symbol.iterator]?.();
  if (iterator !== undefined) return iterator;
  throw new QuantabError(
    'InvalidArgument',
    'Samples must be an iterable, or async iterable, of { inputName: tensor }.',
  );
}

/** The length of an iterable that knows it, else 0. */
export const lengthOf = (samples: Samples): number =>
  'length' in samples && typeof samples.length === 'number' ? samples.length : 0;

/** Whether the samples can be read more than once: an iterator gives only itself. */
export function canRestart(samples: unknown): boolean {
  const iterable = Object(samples) as Partial<Iterable<unknown> & AsyncIterable<unknown>>;
  return !('next' in iterable) && (Symbol.asyncIterator in iterable || Symbol.iterator in iterable);
}

/**
 * Gives every sample to `take`, one after another, until that is false; when it ends early, the iterable is told so.
 */
export async function eachSample(
  samples: Samples | undefined,
  stage: 'calibrate' | 'compare',
  { signal, onProgress }: CallOptions,
  take: (sample: TensorMap) => Promise<unknown>,
  { pass, passes } = { pass: 0, passes: 1 },
): Promise<void> {
  const iterator = iteratorOf(samples);
  const length = lengthOf(samples as Samples);
  const report = (done: number) =>
    notify(() => onProgress?.({ stage, done: pass * length + done, total: passes * length }));
  let open = true;
  try {
    report(0);
    for (let done = 0; ; report(++done)) {
      throwIfAborted(signal);
      const asked = (async () => {
        const next = await iterator.next();
        return { done: next.done === true, value: await next.value };
      })();
      // An iterable that throws has ended by itself.
      asked.catch(() => (open = false));
      const next = await untilAborted(asked, signal);
      if (next.done) {
        open = false;
        return;
      }
      if ((await take(checkSample(next.value))) === false) return;
    }
  } finally {
    if (open) {
      // Not waited for: it may itself be waiting for something that never comes.
      (async () => iterator.return?.())().catch(() => {});
    }
  }
}
