// docs/operators.md: what runs, and how many of ONNX's conformance cases vouch for it.
import fs from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';
import { Failure, capture } from './run.mjs';

export const page = path.join(root, 'docs', 'operators.md');

const nameOf = ({ domain, opType }) => (domain === 'ai.onnx' ? opType : `${domain}.${opType}`);

/** What `quantab ops` lists, of the native program. */
export function listedOperators() {
  const programs = ['release', 'debug'].map((preset) =>
    path.join(root, 'build', preset, 'quantab'),
  );
  const program = programs.find((file) => fs.existsSync(file));
  const json = program && capture(program, ['ops', '--json']);
  if (!json) throw new Failure("'quantab ops' does not run. Run: npm run build");
  return JSON.parse(json);
}

/** Writes the page from the cases of a whole run. */
export function operatorsPage(cases) {
  const tallies = new Map();
  const excluded = new Map();
  for (const { name, result, reason, operators } of cases) {
    if (result === 'excluded') excluded.set(name, reason);
    for (const operator of operators) {
      const tally = tallies.get(operator) ?? { passed: 0, all: 0 };
      tally.passed += result === 'passed' ? 1 : 0;
      tally.all += 1;
      tallies.set(operator, tally);
    }
  }
  const count = (wanted) => cases.filter(({ result }) => result === wanted).length;
  const rows = listedOperators().map((operator) => {
    const { domain, since, until, byDefinition } = operator;
    const tally = tallies.get(nameOf(operator));
    const opsets = until === null ? `${since}+` : `${since}–${until}`;
    const how = byDefinition ? 'definition' : 'kernel';
    const vouched = tally ? `${tally.passed} of ${tally.all}` : '–';
    return `| ${domain} | ${operator.opType} | ${opsets} | ${how} | ${vouched} |`;
  });
  const reasons = new Map();
  for (const [name, reason] of excluded) {
    reasons.set(reason, [...(reasons.get(reason) ?? []), name.replace(/^.*\//, '')]);
  }
  const lines = [
    '# Operators',
    '',
    'Made by `npm run test:conformance -- --write-docs`. `quantab ops` prints what runs; the cases are those of',
    "ONNX's backend test data (and, for com.microsoft, cases made with ONNX Runtime) that hold the operator.",
    'An operator that runs by its definition is replaced by the operators that ONNX defines it with.',
    '',
    `Of ${cases.length} cases ${count('passed')} pass, ${count('failed')} fail and ${count('excluded')} are excluded, for these reasons:`,
    '',
    ...[...reasons].map(
      ([reason, names]) =>
        `- ${reason}: ${names.length} (${[...new Set(names)].sort().join(', ')})`,
    ),
    '',
    '| domain | operator | operator sets | runs by | cases passed |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ];
  fs.mkdirSync(path.dirname(page), { recursive: true });
  fs.writeFileSync(page, lines.join('\n'));
}

/** The operators that the page lacks, or has though they do not run. */
export function staleOperators() {
  const text = fs.existsSync(page) ? fs.readFileSync(page, 'utf8') : '';
  const rows = [...text.matchAll(/^\| ([\w.]+) \| (\w+) \| \d/gm)];
  const written = new Set(rows.map(([, domain, opType]) => nameOf({ domain, opType })));
  const listed = new Set(listedOperators().map(nameOf));
  return [...new Set([...written, ...listed])].filter(
    (name) => written.has(name) !== listed.has(name),
  );
}
