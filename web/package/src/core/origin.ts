// How a model came to be, and so how it can be made again in a new core.
import type { Engine } from './engine.js';
import { QuantabError } from './error.js';
import type { Opened, Opening } from './protocol.js';
import type { CallOptions } from './types.js';

/** Makes a model in a core. */
export type Recipe = (engine: Engine, call: CallOptions) => Promise<Opened>;

/** Holds all that making the model takes; lives on in the models made from it. */
export class Origin {
  /** The model as a file, once there is one: for models without a recipe. */
  #file: { name: string; blob: Blob } | undefined;
  readonly #recipe: Recipe | undefined;

  constructor(recipe?: Recipe) {
    this.#recipe = recipe;
  }

  static opened(opening: Opening): Origin {
    return new Origin(async (engine, call) =>
      engine.call('open', await readableBy(engine, opening), call),
    );
  }

  /** A model quantized dynamically from the one of `from`. */
  static dynamic(from: Origin, options: string): Origin {
    return new Origin(async (engine, call) => {
      const { model } = await from.make(engine, call);
      try {
        return await engine.call('quantizeDynamic', { model, options }, call, model);
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
    return this.#recipe !== undefined || this.#file !== undefined;
  }

  keepBlob(name: string, blob: Blob): void {
    this.#file = { name, blob };
  }

  async make(engine: Engine, call: CallOptions): Promise<Opened> {
    if (this.#recipe !== undefined) return this.#recipe(engine, call);
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
