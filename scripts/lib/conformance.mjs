// ONNX's backend test data, run natively and as WebAssembly.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { buildPreset } from './builds.mjs';
import { relaxedNode } from './node.mjs';
import { cache, root } from './paths.mjs';
import { Failure, run } from './run.mjs';
import { onnxSource, onnxTestData, withSources } from './sources.mjs';
import { ONNX, TESTDATA } from './versions.mjs';

const PROGRAM = 'quantab_conformance';
const reports = path.join(root, 'build', 'reports');

/** Where the program runs: the preset that builds it, and what starts it. */
export const FLAVOURS = {
  native: { preset: 'debug', command: () => [path.join(root, 'build', 'debug', PROGRAM)] },
  'wasm-simd': {
    preset: 'wasm-simd',
    command: () => [process.execPath, path.join(root, 'build', 'wasm-simd', `${PROGRAM}.cjs`)],
  },
  'wasm-relaxed': {
    preset: 'wasm-relaxed',
    command: () => [relaxedNode(), path.join(root, 'build', 'wasm-relaxed', `${PROGRAM}.cjs`)],
  },
};

export const buildFlavour = (flavour) => buildPreset(FLAVOURS[flavour].preset, [PROGRAM]);

// A newer set than the package's, for those who have it beside the checkout.
const archive = path.join(root, '..', 'shared', 'data', 'onnx-backend-tests.tar.gz');

async function unpackedArchive() {
  const sum = createHash('sha256').update(fs.readFileSync(archive)).digest('hex').slice(0, 12);
  const folder = path.join(cache, 'sources', `onnx-backend-tests-${sum}`);
  if (!fs.existsSync(folder)) {
    const temporary = `${folder}.part`;
    fs.rmSync(temporary, { recursive: true, force: true });
    fs.mkdirSync(temporary, { recursive: true });
    await run('tar', ['-xzf', archive, '-C', temporary, '--strip-components=1']);
    fs.renameSync(temporary, folder);
  }
  return folder;
}

/**
 * The folders of cases, with the release that tells them apart: the package's, the linked library's own, the newer set's where it
 * is, and ours for com.microsoft.
 */
export async function caseFolders() {
  const groups = ['simple', 'pytorch-converted', 'pytorch-operator'];
  return withSources(async () => {
    const source = path.join(await onnxSource(), 'onnx', 'backend', 'test', 'data');
    const folders = [
      `${TESTDATA.version.split('-')[0]}=${path.join(await onnxTestData(), 'node')}`,
      ...groups.map((group) => `${ONNX.version}=${path.join(source, group)}`),
    ];
    if (fs.existsSync(archive)) {
      const newer = await unpackedArchive();
      folders.push(...['node', ...groups].map((group) => `newer=${path.join(newer, group)}`));
    }
    folders.push(path.join(root, 'tests', 'conformance', 'contrib'));
    return folders;
  });
}

/**
 * Runs the cases whose name contains `filter`. Prints failures; returns { passed, failed, excluded, line, cases }. A program that
 * ends before its last line is a Failure that names the case it was at.
 */
export async function runConformance(flavour, folders, filter = '') {
  const report = path.join(reports, `conformance-${flavour}.json`);
  const log = path.join(reports, `conformance-${flavour}.log`);
  fs.mkdirSync(reports, { recursive: true });
  fs.rmSync(report, { force: true });
  const [program, ...before] = FLAVOURS[flavour].command();
  const args = [...before, '--announce', '--filter', filter, '--report', report];
  args.push('--exclusions', path.join(root, 'tests', 'conformance', 'exclusions.txt'), ...folders);
  const env = { ASAN_OPTIONS: 'detect_leaks=1', UBSAN_OPTIONS: 'print_stacktrace=1' };
  await run(program, args, { cwd: root, env, log, allowFailure: true });

  const lines = fs.readFileSync(log, 'utf8').trimEnd().split('\n');
  const line = lines.findLast((each) => each.startsWith('conformance: '));
  if (!line || !fs.existsSync(report)) {
    const last = lines.findLast((each) => each.startsWith('running '));
    throw new Failure(
      `It ended ${last ? `while ${last}` : 'before the first case'}. The whole log is in '${log}'.`,
    );
  }
  for (const each of lines.filter((text) => text.startsWith('FAILED '))) {
    process.stdout.write(`${each}\n`);
  }
  const [passed, failed, excluded] = line.match(/\d+/g).map(Number);
  const cases = JSON.parse(fs.readFileSync(report, 'utf8'));
  return { passed, failed, excluded, line, cases };
}
