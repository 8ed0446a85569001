// docs/parity.md: what tests/parity/results.json tells, which the suite writes after a whole run.
import fs from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';
import { Failure } from './run.mjs';

const page = path.join(root, 'docs', 'parity.md');
export const results = path.join(root, 'tests', 'parity', 'results.json');

const IDENTICAL = '=e';
const FAILED = 'rn';
const BLANK = '.';
const TEN = 10;

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').trim();

function counts({ models }) {
  const letters = Object.values(models).join('').replaceAll(BLANK, '');
  const among = (wanted) => [...letters].filter((letter) => wanted.includes(letter)).length;
  const [identical, failed] = [among(IDENTICAL), among(FAILED)];
  return {
    cells: letters.length,
    identical,
    failed,
    different: letters.length - identical - failed,
  };
}

function grid({ configurations, models }) {
  const width = Math.max(...Object.keys(models).map((name) => name.length));
  const tens = (letters) => letters.match(new RegExp(`.{1,${TEN}}`, 'g')).join(' ');
  const head = configurations
    .map((_, at) => (at % TEN === 0 ? `${at}`.padEnd(TEN + 1) : ''))
    .join('');
  return [
    `${' '.repeat(width)}  ${head.trimEnd()}`,
    ...Object.entries(models).map(([name, letters]) => `${name.padEnd(width)}  ${tens(letters)}`),
  ];
}

function text(data) {
  const { made_with: versions, matrix, differences, reference_failures: failures, defects } = data;
  const { cells, identical, different, failed } = counts(matrix);
  const share = ((100 * identical) / (identical + different)).toFixed(1);
  return [
    '# Parity with ONNX Runtime',
    '',
    'Made by `npm run test:parity -- --write-docs`. The same model, options and samples are given to Quantab and to the Python tools',
    `(onnxruntime ${versions.onnxruntime}, onnx ${versions.onnx}), and the two files compared: nodes, names, attributes, order,`,
    'constants to the bit, calibrated scales within 1e-4, and the outputs of both in ONNX Runtime and of ours in our executor.',
    '',
    `${Object.keys(matrix.models).length} models × ${matrix.configurations.length} configurations, ${cells} cells that make sense: **${identical} identical**,`,
    `${different} different for the reasons below, ${failed} where the reference fails. Where it succeeds, ${share} % are identical.`,
    '',
    '## How we differ',
    '',
    'Where the Python tools raise, do not end, or make a wrong model. Each row is tested: that they still do, and that ours is valid,',
    'runs in ONNX Runtime and is that close to the float model (signal to noise on the samples).',
    '',
    '| what | the reference | ours |',
    '|---|---|---|',
    ...defects.map(
      (d) => `| ${cell(d.title)} (\`${d.model}\`) | ${cell(d.reference)} | ${cell(d.ours)} |`,
    ),
    '',
    ...(differences.length === 0
      ? []
      : ['Where both succeed and ours is another file on purpose:', '']),
    ...differences.map(({ reason, cells: count }) => `- ${reason} (${count} cells)`),
    ...(differences.length === 0 ? [] : ['']),
    '## Where the reference fails',
    '',
    '| cells | how |',
    '|---:|---|',
    ...failures.map(({ what, cells: count }) => `| ${count} | ${cell(what)} |`),
    '',
    '## The matrix',
    '',
    '`=` identical, `e` identical, and ONNX Runtime has no kernel for it, `r` the reference fails and ours runs, `n` the reference fails',
    'and we say why it cannot be done, `d` different, `u` we say that we cannot, `.` a pair that makes no sense.',
    '',
    '```text',
    ...grid(matrix),
    '```',
    '',
    'The configurations, as `tests/parity/configurations.py` has them:',
    '',
    ...matrix.configurations.map((name, at) => `${at}. ${name}`),
    '',
  ].join('\n');
}

function read() {
  if (!fs.existsSync(results))
    throw new Failure(
      `'${path.relative(root, results)}' is absent: run \`npm run test:parity -- --write-docs\`.`,
    );
  return JSON.parse(fs.readFileSync(results, 'utf8'));
}

export function writePage() {
  fs.writeFileSync(page, text(read()));
}

/** Whether the page is what the results say. */
export const pageInStep = () =>
  fs.existsSync(page) && fs.readFileSync(page, 'utf8') === text(read());
