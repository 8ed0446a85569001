// What runs a model on a sample: onnxruntime-node, the native program, and the package with either WebAssembly module. All give
// tensors { dtype, dims, data } by name, float16 as bits. The last three quantize as well.
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import ort from 'onnxruntime-node';
import { openModel } from 'quantab';
import { readNpy, readNpz } from 'quantab/samples';

// onnxruntime-node finds nothing in a Float16Array, which newer Nodes have; without that type it takes the bits.
globalThis.Float16Array = undefined;

const bits = (data) => new Uint16Array(data.buffer, data.byteOffset, data.length);

/** One thread adds in one order. */
const quietly = { logSeverityLevel: 4, intraOpNumThreads: 1, interOpNumThreads: 1 };

/** An engine's `open(file)` gives { run(sample file), close() }; its `quantize(file, how, out)` writes a file. */
export function peer(options = {}) {
  return {
    name: 'onnxruntime',
    async open(file) {
      const session = await ort.InferenceSession.create(file, { ...quietly, ...options });
      return {
        async run(sample) {
          const feeds = {};
          for (const [name, tensor] of Object.entries(await readNpz(await readFile(sample)))) {
            feeds[name] = new ort.Tensor(tensor.dtype, tensor.data, tensor.dims);
          }
          const outputs = {};
          for (const [name, { type, dims, data }] of Object.entries(await session.run(feeds))) {
            outputs[name] = { dtype: type, dims, data: type === 'float16' ? bits(data) : data };
          }
          return outputs;
        },
        close: () => session.release(),
      };
    },
  };
}

async function* feeds(sampleFiles) {
  for (const sample of sampleFiles) yield readNpz(await readFile(sample));
}

export function wasm(flavor) {
  return {
    name: flavor,
    async open(file) {
      const model = await openModel(file, { flavor });
      return {
        run: async (sample) => model.run(await readNpz(await readFile(sample))),
        close: () => model.close(),
      };
    },
    async quantize(file, { mode, options, apart, sampleFiles }, out) {
      const model = await openModel(file, { flavor });
      try {
        const quantized =
          mode === 'dynamic'
            ? await model.quantizeDynamic(options)
            : await model.quantizeStatic({ ...options, calibrationData: feeds(sampleFiles) });
        await quantized.writeTo(out, { useExternalDataFormat: apart });
        quantized.close();
      } finally {
        model.close();
      }
    },
  };
}

/** `quantab ARGS`; what it prints as JSON. A failure's message is the program's own last line. */
async function callProgram(program, ...args) {
  try {
    const { stdout } = await promisify(execFile)(program, [...args, '--json', '--quiet'], {
      maxBuffer: 2 ** 28,
    });
    return JSON.parse(stdout);
  } catch (error) {
    const said = (error.stderr ?? '').trim().split('\n').at(-1);
    const ended = `${error.message}, exit ${error.code ?? error.signal}`;
    throw new Error(said || ended, { cause: error });
  }
}

const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Its outputs go through files in `scratch`. */
export function native(program, scratch) {
  const folder = path.join(scratch, 'outputs');
  return {
    name: 'native',
    async open(file) {
      return {
        async run(sample) {
          const args = ['run', file, '--input', sample, '--output-dir', folder];
          const { outputs } = await callProgram(program, ...args);
          const tensors = {};
          for (const { name, file: npy } of outputs) tensors[name] = readNpy(await readFile(npy));
          await rm(folder, { recursive: true });
          return tensors;
        },
        close() {},
      };
    },
    async quantize(file, { mode, options, apart, samples }, out) {
      const flags = Object.entries(options).map(([name, value]) => `--${kebab(name)}=${value}`);
      if (apart) flags.push('--use-external-data-format');
      if (mode === 'static') flags.push('--calibration-data', samples);
      await callProgram(program, mode, file, '-o', out, ...flags);
    },
  };
}
