// How a model came to be, and so how it can be made again in a new core.
import type { Engine } from './engine.js';
import { QuantabError } from './error.js';
import type { Opened, Opening, Order } from './protocol.js';
import type { CallOptions } from './types.js';

/** Makes a model in a core. */
type Make = (engine: Engine, call: CallOptions) => Promise<Opened>;

/** Holds all that making the model takes; lives on in the models made from it. */
export class Origin {
  /** The model as a file, once there is one: for models that cannot be made again. */
  #file: { name: string; blob: Blob } | undefined;
  readonly #make: Make | undefined;

  constructor(make?: Make) {
    this.#make = make;
  }

  static opened(opening: Opening): Origin {
    return new Origin(async (engine, call) =>
      engine.call('open', await readableBy(engine, opening), call),
    );
  }

  /** A model made from the one of `from` without samples. */
  static converted(from: Origin, order: Order): Origin {
    return new Origin(async (engine, call) => {
      const { model } = await from.make(engine, call);
      try {
        return await engine.call('convert', { model, order }, call, model);
      } finally {
        engine.call('release', { handle: model }, {}, model).catch(() => {});
      }
    });
  }

  /** What keepBlob() was given. */
  get blob(): Blob | undefined {
    return this.#file?.blob;
  }

  /** Whether make() has what it takes. */
  get canMake(): boolean {
    return this.#make !== undefined || this.#file !== undefined;
  }

  keepBlob(name: string, blob: Blob): void {
    this.#file = { name, blob };
  }

  async make(engine: Engine, call: CallOptions): Promise<Opened> {
    if (this.#make !== undefined) return this.#make(engine, call);
    if (this.#file === undefined) {
      throw new QuantabError(
        'Cancelled',
        'The quantized model was dropped with its core, which ended when another call was cancelled or failed. Quantize again, and take its blob() to keep it.',
      );
    }
    const opening: Opening = {
      source: { kind: 'blob', ...this.#file },
      externalData: { files: {} },
    };
    return engine.call('open', await readableBy(engine, opening), call);
  }
}

/** The same files in a form that the engine's core can read. */
async function readableBy(engine: Engine, { source, externalData }: Opening): Promise<Opening> {
  const readable = async (data: Opening['source']): Promise<Opening['source']> =>
    data.kind === 'blob' && !engine.readsBlobs
      ? {
          kind: 'bytes',
          name: data.name,
          bytes: new Uint8Array(await data.blob.arrayBuffer()),
        }
      : data;
  const files = Object.entries(externalData.files).map(
    async ([location, file]) => [location, await readable(file)] as const,
  );
  return {
    source: await readable(source),
    externalData: { ...externalData, files: Object.fromEntries(await Promise.all(files)) },
  };
}
