// How long a dynamic quantization takes, from file to file: the native program beside ONNX Runtime's
// quantize_dynamic, both with their defaults.
//
//   node tests/bench/convert.mjs [--python FILE] [--program FILE] [--rounds N] [--large MB] [MODEL.onnx ...]
//
// Without models: those of ../shared/data that both convert, and a generated one of `--large` megabytes of MatMul weights (500; 0 for
// none). Python is that of the parity checks unless named. Three times are taken: `quantab`, the whole program; `call`, what
// quantize_dynamic takes in a Python that has imported it; `python`, a whole Python that imports it and calls it once. They take
// turns within a round, so that what else the machine does meets all. Prints medians over rounds, in milliseconds, and the medians
// over rounds of both ratios to `quantab`.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { parseArgs } from 'node:util';
import { cache, root } from '../../scripts/lib/paths.mjs';
import { Failure, main } from '../../scripts/lib/run.mjs';
import { median } from './models/rounds.mjs';

const TWIN = path.join(root, 'tests', 'bench', 'convert.py');
const DATA = path.join(root, '..', 'shared', 'data');

/** What the command line asks for, checked. */
function chosen() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      python: { type: 'string', default: path.join(cache, 'parity-venv', 'bin', 'python') },
      program: { type: 'string', default: path.join(root, 'build', 'release', 'quantab') },
      rounds: { type: 'string', default: '5' },
      large: { type: 'string', default: '500' },
    },
  });
  const numbers = { rounds: Number(values.rounds), large: Number(values.large) };
  if (!(numbers.rounds >= 1))
    throw new Failure(`'--rounds' is '${values.rounds}', expected 1 or more.`);
  if (!(numbers.large >= 0))
    throw new Failure(`'--large' is '${values.large}', expected megabytes.`);
  if (!fs.existsSync(values.python)) {
    throw new Failure(
      `There is no Python at '${values.python}'. Make the one of tests/parity/README.md, or name one with '--python'.`,
    );
  }
  if (!fs.existsSync(values.program)) {
    throw new Failure(
      `There is no program at '${values.program}'. Build it, or name it with '--program'.`,
    );
  }
  const missing = positionals.find((file) => !fs.existsSync(file));
  if (missing) throw new Failure(`There is no file '${missing}'.`);
  return { ...values, ...numbers, models: positionals };
}

/** The float models of ../shared/data. */
function bundledModels() {
  if (!fs.existsSync(DATA)) return [];
  return fs
    .readdirSync(DATA, { recursive: true })
    .filter((file) => file.endsWith('.onnx') && !/quantized|qdq|fp16/.test(file))
    .sort()
    .map((file) => path.join(DATA, file));
}

/** A Python that stays, and the milliseconds of a call in it; nothing where the call raises. */
class Twin {
  constructor(python) {
    this.child = spawn(python, [TWIN], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.lines = readline.createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async call(request) {
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Failure(`'${TWIN}' ended; run it by hand to see why.`);
    return JSON.parse(value).ms;
  }

  close() {
    this.child.stdin.end();
  }
}

/** The milliseconds of a program, or nothing where it fails. */
function wholeTime(program, args) {
  const begin = performance.now();
  const { status } = spawnSync(program, args, { stdio: 'ignore' });
  return status === 0 ? performance.now() - begin : undefined;
}

/** Per round the times of a model, or nothing where a side does not convert it. */
async function measure(model, twin, options, folder) {
  const out = path.join(folder, 'quantab.onnx');
  const peer = path.join(folder, 'peer.onnx');
  const once = () => wholeTime(options.program, ['dynamic', model, '-o', out, '--quiet']);
  const ours = once();
  const theirs = await twin.call({ model, out: peer });
  if (ours === undefined || theirs === undefined || theirs === null) return undefined;
  const rounds = [];
  for (let i = 0; i < options.rounds; ++i) {
    rounds.push({
      quantab: once(),
      call: await twin.call({ model, out: peer }),
      python: wholeTime(options.python, [TWIN, model, peer]),
    });
  }
  return rounds;
}

function row(name, rounds) {
  const ms = (side) =>
    median(rounds.map((round) => round[side]))
      .toFixed(0)
      .padStart(9);
  const ratio = (side) =>
    `${median(rounds.map((round) => round[side] / round.quantab)).toFixed(1)}x`.padStart(9);
  console.log(
    `${name.slice(0, 43).padEnd(44)}${['quantab', 'call', 'python'].map(ms).join('')}${['call', 'python'].map(ratio).join('')}`,
  );
}

await main(async () => {
  const options = chosen();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'quantab-convert-'));
  const twin = new Twin(options.python);
  try {
    const models = options.models.length > 0 ? options.models : bundledModels();
    if (options.models.length === 0 && options.large > 0) {
      const large = path.join(folder, `generated, ${options.large} MB.onnx`);
      await twin.call({ generate: large, megabytes: options.large });
      models.push(large);
    }
    if (models.length === 0) console.log(`No models in '${DATA}', and none was named.`);
    const columns = ['quantab', 'call', 'python', 'call', 'python'];
    console.log(
      `${`ms, medians of ${options.rounds} rounds`.padEnd(44)}${columns.map((c) => c.padStart(9)).join('')}`,
    );
    for (const model of models) {
      const rounds = await measure(model, twin, options, folder);
      if (rounds) row(path.basename(model, '.onnx'), rounds);
      else
        console.log(`${path.basename(model, '.onnx')} is left out: one side does not convert it.`);
    }
  } finally {
    twin.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
