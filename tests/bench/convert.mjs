// How long a dynamic quantization takes, from file to file: the native program beside ONNX Runtime's
// quantize_dynamic, both with their defaults.
//
//   node tests/bench/convert.mjs [--python FILE] [--build DIR] [--rounds N] [--large MB] [MODEL.onnx ...]
//
// Without models: those of ../shared/data that both convert, and a generated one of `--large` megabytes of MatMul weights (500; 0 for
// none). Python is that of the parity checks unless named; ours is the native build in `--build` (build/release), with
//
//   cmake --build --preset release --target quantab quantab_convert_twin
//
// Two pairs of times are taken, each of like with like: the call within a process that is ready (Python has imported
// quantize_dynamic, ours has loaded its operators), and a whole process that starts, converts once and ends. They take turns within
// a round, so that what else the machine does meets all. Prints medians over rounds, in milliseconds, and per pair the median over
// rounds of Python's time by ours.
//
// Of the generated model it prints too how near that is to the file itself: the same call natively and as WebAssembly in Node, beside
// reading the file, and beside reading it and writing as many bytes as the result has, both in pieces of 1 MiB.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { parseArgs } from 'node:util';
import { openModel } from 'quantab/direct';
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
      build: { type: 'string', default: path.join(root, 'build', 'release') },
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
  const program = path.join(values.build, 'quantab');
  const ourTwin = path.join(values.build, 'quantab_convert_twin');
  for (const file of [program, ourTwin]) {
    if (!fs.existsSync(file)) {
      throw new Failure(`There is no '${file}'. Build it, or name the build with '--build'.`);
    }
  }
  const missing = positionals.find((file) => !fs.existsSync(file));
  if (missing) throw new Failure(`There is no file '${missing}'.`);
  return { ...values, ...numbers, program, ourTwin, models: positionals };
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

/** A process that stays and answers each line with a line. */
class Twin {
  constructor(program, args = []) {
    this.program = program;
    this.child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    this.lines = readline.createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** The answer, read as JSON. */
  async ask(line) {
    this.child.stdin.write(`${line}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Failure(`'${this.program}' ended; run it by hand to see why.`);
    return JSON.parse(value);
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
async function measure(model, twins, options, folder) {
  const out = path.join(folder, 'quantab.onnx');
  const peer = path.join(folder, 'peer.onnx');
  const whole = () => wholeTime(options.program, ['dynamic', model, '-o', out, '--quiet']);
  const call = () => twins.ours.ask(`${model}\t${out}`);
  const peerCall = async () => (await twins.python.ask(JSON.stringify({ model, out: peer }))).ms;
  if (whole() === undefined || (await call()) === null || (await peerCall()) === null) {
    return undefined;
  }
  const rounds = [];
  for (let i = 0; i < options.rounds; ++i) {
    rounds.push({
      call: await call(),
      peerCall: await peerCall(),
      whole: whole(),
      peerWhole: wholeTime(options.python, [TWIN, model, peer]),
    });
  }
  return rounds;
}

const PIECE = 2 ** 20;

/** Milliseconds of reading a file, and of writing as many bytes as `written` to `out` meanwhile. */
function fileTime(file, out, written = 0) {
  const begin = performance.now();
  const bytes = new Uint8Array(PIECE);
  const from = fs.openSync(file);
  const to = fs.openSync(out, 'w');
  for (let left = written, got; (got = fs.readSync(from, bytes)) > 0;) {
    if (left > 0) left -= fs.writeSync(to, bytes, 0, Math.min(got, left));
  }
  fs.closeSync(from);
  fs.closeSync(to);
  return performance.now() - begin;
}

/** Milliseconds of the call as WebAssembly. */
async function wasmTime(file, out) {
  const begin = performance.now();
  const model = await openModel(file);
  const quantized = await model.quantizeDynamic();
  await quantized.writeTo(out);
  const taken = performance.now() - begin;
  quantized.close();
  model.close();
  return taken;
}

/** How near conversions of a file come to what must be done with it in any case. */
async function compareWithFile(file, { ours }, { rounds }, folder) {
  const out = path.join(folder, 'quantab.onnx');
  const taken = { native: [], WebAssembly: [], reading: [], 'reading and writing': [] };
  await wasmTime(file, out);
  for (let i = 0; i < rounds; ++i) {
    taken.native.push(await ours.ask(`${file}\t${out}`));
    const written = fs.statSync(out).size;
    taken.WebAssembly.push(await wasmTime(file, out));
    taken.reading.push(fileTime(file, out));
    taken['reading and writing'].push(fileTime(file, out, written));
  }
  const least = median(taken['reading and writing']);
  console.log(`\n${path.basename(file, '.onnx')}, ms, and times as long as reading and writing:`);
  for (const [what, times] of Object.entries(taken)) {
    line(what, [median(times).toFixed(0), `${(median(times) / least).toFixed(1)}x`]);
  }
}

const ROW = [
  ['call', (round) => round.call],
  ['Python', (round) => round.peerCall],
  ['ratio', (round) => round.peerCall / round.call],
  ['process', (round) => round.whole],
  ['Python', (round) => round.peerWhole],
  ['ratio', (round) => round.peerWhole / round.whole],
];

const line = (name, cells) =>
  console.log(`${name.slice(0, 38).padEnd(40)}${cells.map((c) => c.padStart(10)).join('')}`);

await main(async () => {
  const options = chosen();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'quantab-convert-'));
  const twins = {
    ours: new Twin(options.ourTwin),
    python: new Twin(options.python, [TWIN]),
  };
  try {
    let large;
    const models = options.models.length > 0 ? options.models : bundledModels();
    if (options.models.length === 0 && options.large > 0) {
      large = path.join(folder, `generated, ${options.large} MB.onnx`);
      await twins.python.ask(JSON.stringify({ generate: large, megabytes: options.large }));
      models.push(large);
    }
    if (models.length === 0) console.log(`No models in '${DATA}', and none was named.`);
    line(
      `ms, medians of ${options.rounds} rounds`,
      ROW.map(([title]) => title),
    );
    const ratios = [];
    for (const model of models) {
      const name = path.basename(model, '.onnx');
      const rounds = await measure(model, twins, options, folder);
      if (!rounds) {
        console.log(`${name} is left out: one side does not convert it.`);
        continue;
      }
      const cells = ROW.map(([title, of]) => ({ title, value: median(rounds.map(of)) }));
      ratios.push(cells.filter(({ title }) => title === 'ratio').map(({ value }) => value));
      line(
        name,
        cells.map(({ title, value }) => `${value.toFixed(1)}${title === 'ratio' ? 'x' : ''}`),
      );
    }
    for (const [i, pair] of ['call', 'process'].entries()) {
      const own = ratios.map((row) => row[i]).sort((a, b) => a - b);
      if (own.length === 0) continue;
      console.log(
        `${pair}: ${own[0].toFixed(1)}x at least, ${median(own).toFixed(1)}x in the median, over ${own.length} models`,
      );
    }
    if (large !== undefined) await compareWithFile(large, twins, options, folder);
  } finally {
    twins.ours.close();
    twins.python.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
