// From settings to a quantized model and its files.
import { QuantabError, type CallOptions, type Model } from 'quantab';
import type { Preprocess } from 'quantab/samples';
import { bytes } from './format';
import { recipeOf } from './improve/candidates';
import type { Method } from './option_fields';
import type { SampleSource } from './samples';

/** How a model is to be made: plain data. */
export interface Settings {
  method: Method;
  options: Record<string, unknown>;
  /** Whether half precision is held to the samples. */
  mixed: boolean;
  /** Whether what a method for weights alone leaves in float becomes half precision. */
  half?: boolean;
  preProcess: boolean;
  /** Whether the weights go into a file of their own. */
  externalData: boolean;
  /** Ends the file's name, before '.onnx', where the name is fixed. */
  suffix?: string;
}

export interface Job extends Settings {
  /** To calibrate and to compare on. A static or a mixed job has some. */
  samples: SampleSource | undefined;
  /** Whether they are made up. */
  random: boolean;
  /** How files became samples, where that was asked for. */
  preprocess: Preprocess | undefined;
}

export interface ResultFile {
  name: string;
  blob: Blob;
}

export interface Made {
  job: Job;
  quantized: Model;
  /** The model, and its external data when it has any. */
  files: ResultFile[];
  /** Sentences the core had to say. */
  log: string[];
}

/** A protobuf message, and so a model in one file, ends here. */
const LARGEST_FILE = 2 ** 31 - 1;

const TYPES: Record<string, string> = {
  QInt16: 'int16',
  QUInt16: 'int16',
  QInt4: 'int4',
  QUInt4: 'int4',
  QFLOAT8E4M3FN: 'float8',
};

export const nameOfResult = (
  model: Pick<Model, 'name'>,
  { method, options, half, suffix }: Settings,
): string => {
  const base = (model.name || 'model').replace(/^.*[/\\]/, '').replace(/\.onnx$/i, '');
  if (suffix !== undefined) return `${base}${suffix}.onnx`;
  const rest = half === true ? '.float16' : '';
  if (method === 'bnb4') return `${base}.bnb4${rest}.onnx`;
  if (method === 'nbits') return `${base}.nbits.int${Number(options.bits ?? 4)}${rest}.onnx`;
  const type = TYPES[String(options.weightType)] ?? 'int8';
  return method === 'float16' ? `${base}.float16.onnx` : `${base}.${method}.${type}.onnx`;
};

function convert(model: Model, job: Job, call: CallOptions): Promise<Model> {
  const options = { ...job.options, ...call, preProcess: job.preProcess };
  switch (job.method) {
    case 'dynamic':
      return model.quantizeDynamic(options);
    case 'nbits':
    case 'bnb4':
      return model.convert(
        { ...(job.preProcess && { quant_pre_process: {} }), ...recipeOf(job) },
        call,
      );
    case 'float16':
      return job.mixed
        ? model.autoConvertMixedPrecision({ ...options, samples: job.samples ?? [] })
        : model.convertFloatToFloat16(options);
    case 'static':
      return model.quantizeStatic({ ...options, calibrationData: job.samples ?? [] });
  }
}

/** Takes the place of a file that is written to: what is written becomes a blob. */
function fileInMemory() {
  const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>>();
  const blob = new Response(readable).blob();
  // Whoever writes hears of a failure.
  blob.catch(() => {});
  return { blob, handle: { createWritable: () => Promise.resolve(writable) } };
}

async function filesOf(
  model: Model,
  name: string,
  externalData: boolean,
  call: CallOptions,
): Promise<ResultFile[]> {
  if (!externalData && model.byteLength <= LARGEST_FILE) {
    return [{ name, blob: await model.blob(call) }];
  }
  const location = `${name}.data`;
  const [main, data] = [fileInMemory(), fileInMemory()];
  try {
    await model.writeTo(main.handle, {
      ...call,
      useExternalDataFormat: true,
      location,
      externalTarget: data.handle,
    });
  } catch (error) {
    if (!(error instanceof QuantabError) || error.code !== 'Io') throw error;
    throw new Error(
      `This window has no room for a result of ${bytes(model.byteLength)}. Private windows have less than others; the command line needs none.`,
      { cause: error },
    );
  }
  return [
    { name, blob: await main.blob },
    { name: location, blob: await data.blob },
  ];
}

export async function make(model: Model, job: Job, options: CallOptions): Promise<Made> {
  const log: string[] = [];
  const call = { ...options, onLog: (_: string, message: string) => void log.push(message) };
  const quantized = await convert(model, job, call);
  try {
    const name = nameOfResult(model, job);
    return { job, quantized, files: await filesOf(quantized, name, job.externalData, call), log };
  } catch (error) {
    quantized.close();
    throw error;
  }
}
