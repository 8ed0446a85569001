// Runs every suite and ends with one line: N passed, N failed.
//
//   npm test                       npm test -- core wasm-simd       only the named suites
//
// A suite that cannot run, or that runs no test, counts as one failure; the others still run. Counts
// come from the suites' own machine-readable reports, and each suite's own closing line is shown.
import fs from 'node:fs';
import path from 'node:path';
import { PARTS, buildPreset } from './lib/builds.mjs';
import { FLAVOURS, buildFlavour, caseFolders, runConformance } from './lib/conformance.mjs';
import { relaxedNode } from './lib/node.mjs';
import { root } from './lib/paths.mjs';
import { Failure, main, run, say } from './lib/run.mjs';
import { setup } from './setup.mjs';

const reports = path.join(root, 'build', 'reports');

function readReport(file) {
  if (!fs.existsSync(file)) throw new Failure(`It wrote no report '${path.relative(root, file)}'.`);
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}

// Runs a program with its output streamed; returns its exit code and the last line that matches.
async function observed(command, args, closing, env) {
  let line = '';
  const onLine = (text) => {
    if (closing.test(text)) line = text.trim();
  };
  const code = await run(command, args, { cwd: root, env, allowFailure: true, onLine });
  return { code, line };
}

// GoogleTest, natively or in Node.
async function googleTest(name, command, args) {
  const report = path.join(reports, `${name}.json`);
  fs.rmSync(report, { force: true });
  // Extended tests run real models; they have their own command (CONTRIBUTING.md).
  const flags = ['--gtest_brief=1', '--gtest_filter=-*Extended*', `--gtest_output=json:${report}`];
  const env = {
    ASAN_OPTIONS: 'detect_leaks=1:detect_stack_use_after_return=1',
    UBSAN_OPTIONS: 'print_stacktrace=1',
  };
  const closing = /^\[ {2}(PASSED|FAILED) {2}\]/;
  const { code, line } = await observed(command, [...args, ...flags], closing, env);
  const { tests, failures, errors, testsuites } = readReport(report);
  const failed = failures + errors;
  // GoogleTest counts a skipped test among the passed ones.
  const skipped = testsuites
    .flatMap(({ testsuite }) => testsuite)
    .filter(({ result }) => result === 'SKIPPED').length;
  return {
    passed: tests - failed - skipped,
    failed: failed || (code === 0 ? 0 : 1),
    skipped,
    line,
  };
}

async function jest(name) {
  const config = path.join('tests', name, 'jest.config.mjs');
  if (!fs.existsSync(path.join(root, config))) throw new Failure(`'${config}' is missing.`);
  const report = path.join(reports, `${name}.json`);
  fs.rmSync(report, { force: true });
  const program = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const args = ['--experimental-vm-modules', '--no-warnings', program, '--config', config];
  args.push('--json', `--outputFile=${report}`, '--silent=false');
  // With --json Jest prints the report on stdout; its readable output is on stderr.
  const { code, line } = await observed(process.execPath, args, /^Tests:/, {});
  const { numPassedTests, numFailedTests, numFailedTestSuites, numPendingTests } =
    readReport(report);
  const failed = numFailedTests || numFailedTestSuites;
  return {
    passed: numPassedTests,
    failed: failed || (code === 0 ? 0 : 1),
    skipped: numPendingTests,
    line,
  };
}

// ONNX's backend test data; what is excluded counts as skipped.
async function conformance(flavour) {
  const { passed, failed, excluded, line } = await runConformance(flavour, await caseFolders());
  return { passed, failed, skipped: excluded, line };
}

// Every suite in order: what it needs built, and how it runs.
const SUITES = [
  {
    name: 'core',
    title: 'the core, natively, with address and undefined behaviour sanitizers',
    needs: [() => buildPreset('debug', ['quantab_tests'])],
    run: () => googleTest('core', path.join('build', 'debug', 'quantab_tests'), []),
  },
  {
    name: 'wasm-simd',
    title: 'the core as WebAssembly with SIMD, in Node',
    needs: [() => buildPreset('wasm-simd', ['quantab_tests'])],
    run: () => googleTest('wasm-simd', process.execPath, ['build/wasm-simd/quantab_tests.cjs']),
  },
  {
    name: 'wasm-relaxed',
    title: 'the core as WebAssembly with relaxed SIMD, in Node',
    needs: [() => buildPreset('wasm-relaxed', ['quantab_tests'])],
    run: () => googleTest('wasm-relaxed', relaxedNode(), ['build/wasm-relaxed/quantab_tests.cjs']),
  },
  ...Object.keys(FLAVOURS).map((flavour) => ({
    name: `conformance-${flavour}`,
    title: `ONNX's conformance data, ${flavour}`,
    needs: [() => buildFlavour(flavour)],
    run: () => conformance(flavour),
  })),
  {
    name: 'package',
    title: 'the npm package and the command lines, in Node',
    needs: [PARTS.release, PARTS['wasm-simd'], PARTS['wasm-relaxed'], PARTS.package],
    run: () => jest('package'),
  },
  {
    name: 'app',
    title: 'the page, in Chromium',
    needs: [PARTS['wasm-simd'], PARTS['wasm-relaxed'], PARTS.package, PARTS.app],
    run: () => jest('app'),
  },
];

await main(async () => {
  const names = process.argv.slice(2);
  const known = SUITES.map((suite) => suite.name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown) throw new Failure(`'${unknown}' is not one of ${known.join(', ')}.`);
  fs.mkdirSync(reports, { recursive: true });
  await setup(['build', 'test']);

  const built = new Map();
  const results = [];
  for (const suite of SUITES.filter(({ name }) => names.length === 0 || names.includes(name))) {
    let result;
    try {
      for (const need of suite.needs) {
        if (!built.has(need)) built.set(need, need());
        await built.get(need);
      }
      say(`Testing ${suite.title}`);
      result = await suite.run();
      if (result.passed + result.failed === 0) throw new Failure('It ran no test.');
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      process.stderr.write(`error: suite '${suite.name}' could not run. ${error.message}\n`);
      result = { passed: 0, failed: 1, skipped: 0, line: 'could not run' };
    }
    results.push({ ...suite, ...result });
  }

  process.stdout.write('\n');
  const counts = ({ passed, failed, skipped }) =>
    `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  for (const result of results) {
    process.stdout.write(`${result.name.padEnd(26)}${counts(result)}   ${result.line}\n`);
  }
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
  const all = { passed: total('passed'), failed: total('failed'), skipped: total('skipped') };
  process.stdout.write(`${counts(all)}\n`);
  return total('failed') === 0 ? 0 : 1;
});
