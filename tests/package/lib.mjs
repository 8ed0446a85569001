// What the suites share: committed models and samples, temporary folders, the command line in a process of its own.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { readNpy, readNpz } from 'quantab/samples';
import { writeChain } from './proto.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const packageFolder = path.join(root, 'web', 'package');
const golden = path.join(root, 'tests', 'parity', 'golden');

/** A tiny float model, and the folder of its samples. */
export const modelPath = (name) => path.join(golden, 'models', `${name}.onnx`);
export const samplesPath = (name) => path.join(golden, 'samples', name);
export const modelNames = fs
  .readdirSync(path.join(golden, 'models'))
  .map((file) => path.basename(file, '.onnx'));

export async function samplesOf(name) {
  const files = fs.readdirSync(samplesPath(name)).sort();
  return Promise.all(
    files.map((file) => readNpz(fs.readFileSync(path.join(samplesPath(name), file)))),
  );
}

export const digitsPath = path.join(root, 'examples', 'digits', 'digits.onnx');
const digitsFile = (name) => readNpy(fs.readFileSync(path.join(root, 'examples', 'digits', name)));

/** The first `count` pictures for the digit classifier, one a sample. */
export function digitSamples(count, name = 'calibration.npy') {
  const { data } = digitsFile(name);
  return Array.from({ length: count }, (_, i) => ({
    image: { dtype: 'float32', dims: [1, 1, 8, 8], data: data.slice(i * 64, (i + 1) * 64) },
  }));
}

/** Makes a folder that `body` may fill; it is gone afterwards. */
export async function inTemporaryFolder(body) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'quantab-test-'));
  try {
    return await body(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a program to its end: { status, stdout, stderr }. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, ...options });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => (stderr += text));
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
    options.started?.(child);
  });
}

export const cliScript = path.join(packageFolder, 'dist', 'cli', 'main.js');

/** `npx quantab ARGS`. */
export const cli = (...args) => run(process.execPath, [cliScript, ...args]);

/** Runs a module's text in a Node of its own, which can import the package; its stdout as JSON. */
export async function runModule(text, { node = process.execPath, flags = [] } = {}) {
  const result = await run(node, [...flags, '--input-type=module', '--eval', text]);
  if (result.status !== 0)
    throw new Error(`exit ${result.status}\n${result.stdout}\n${result.stderr}`);
  return JSON.parse(result.stdout);
}

export const hex = (bytes) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');

/** max |a - b| over two tensors' data. */
export function furthest(a, b) {
  if (a.length !== b.length) return Infinity;
  let most = 0;
  for (let i = 0; i < a.length; ++i) most = Math.max(most, Math.abs(Number(a[i]) - Number(b[i])));
  return most;
}

/** Everything that was sent to workers during `body`, each as { message, moved }. */
export async function sentDuring(body) {
  const send = Worker.prototype.postMessage;
  const sent = [];
  Worker.prototype.postMessage = function (message, moved = []) {
    sent.push({ message, moved });
    return send.call(this, message, moved);
  };
  try {
    await body();
  } finally {
    Worker.prototype.postMessage = send;
  }
  return sent;
}

/** How many workers were ended during `body`. */
export async function endedDuring(body) {
  const { terminate } = Worker.prototype;
  let ended = 0;
  Worker.prototype.terminate = function () {
    ended++;
    return terminate.call(this);
  };
  try {
    await body();
  } finally {
    Worker.prototype.terminate = terminate;
  }
  return ended;
}

/** A promise that is never kept. */
export const never = () => new Promise(() => {});

export const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** How often the process has a file open, where the system says so. */
export function timesOpen(file) {
  const folder = '/proc/self/fd';
  if (!fs.existsSync(folder)) return 0;
  const targets = fs.readdirSync(folder).map((fd) => {
    try {
      return fs.readlinkSync(path.join(folder, fd));
    } catch {
      return ''; // Closed since.
    }
  });
  return targets.filter((target) => target === file).length;
}

/** A model of `megabytes` MiB of float weights, one after another, for what must take its time. */
export function writeLargeModel(file, megabytes) {
  const size = 512;
  writeChain(file, megabytes, size, (index, floats) => {
    for (let i = 0; i < floats.length; ++i) floats[i] = (((i * 31 + index * 7) % 255) - 127) / 4096;
  });
}
