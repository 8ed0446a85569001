// What is kept and printed of a disagreement.
import fs from 'node:fs';
import path from 'node:path';
import { givenTo } from './generate.mjs';
import { modelBytes } from './model.mjs';

const shown = ({ name, what, elements }) => {
  if (!elements) return `'${name}': ${what}`;
  const [{ at, expected, actual }] = elements;
  const more = elements.length > 1 ? `, and ${elements.length - 1} more` : '';
  return `'${name}'[${at}] is ${expected} in onnxruntime, ${actual} here${more}`;
};

/** One line for a verdict. */
export function describe({ kind, detail }) {
  if (kind !== 'disagreed') return typeof detail === 'string' ? `${kind}: ${detail}` : kind;
  const { flavor, broken, onlyTheirs, onlyOurs, differences } = detail;
  if (broken) return `${flavor}: ${broken}`;
  if (onlyTheirs) return `only onnxruntime refuses: ${onlyTheirs}`;
  if (onlyOurs) return `only ${flavor} refuses: ${onlyOurs}`;
  return `${flavor}: ${differences.map(shown).join('; ')}`;
}

/** Numbers and big numbers as JSON has them; what it has not (NaN) as text. */
const plain = (number) => (Number.isFinite(Number(number)) ? Number(number) : String(number));

/** A tensor of typed data as JSON; halves are written as their bits. */
const asJson = ({ dtype, dims, data }) => ({ dtype, dims, data: Array.from(data, plain) });

/** Writes `graph-SEED.onnx` and `.json` into a folder; gives the first one's path. */
export function save(folder, seed, { made, verdict }) {
  const { graph, feeds, ops } = made;
  const file = path.join(folder, `graph-${seed}.onnx`);
  const given = Object.entries(givenTo(graph, feeds)).map(([name, tensor]) => [
    name,
    asJson(tensor),
  ]);
  const { differences, ...detail } = verdict.detail;
  const found = differences?.map(({ name, what, elements, tensor }) => ({
    name,
    what,
    elements: elements
      ?.slice(0, 20)
      .map((each) => ({ ...each, expected: plain(each.expected), actual: plain(each.actual) })),
    expected: tensor && asJson(tensor),
  }));
  const content = {
    seed,
    ops,
    opset: graph.opset,
    detail: { ...detail, differences: found },
    feeds: Object.fromEntries(given),
  };
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(file, modelBytes(graph));
  fs.writeFileSync(file.replace(/onnx$/, 'json'), `${JSON.stringify(content, undefined, 2)}\n`);
  return file;
}
