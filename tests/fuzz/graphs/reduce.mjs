// Makes a graph that disagrees smaller: fewer operators and smaller decisions, as long as it disagrees in the same way; then only what
// the differing output needs, with nodes replaced by inputs that hold their results.
import { COUNT_AT, generate, givenTo, pruned } from './generate.mjs';
import { modelBytes } from './model.mjs';
import { runRuntime } from './runtime.mjs';

const MOST_TRIALS = 600;

/** What has to stay as it is. */
export function signature({ kind, detail }) {
  if (kind !== 'disagreed') return kind;
  const { broken, onlyTheirs, onlyOurs, differences } = detail;
  const message = broken ?? onlyTheirs ?? onlyOurs;
  // Messages name nodes, values and numbers, which change.
  if (message !== undefined)
    return message.replace(/\d+/g, '#').replace(/\(.*?\)|\[.*?\]|'.*?'/g, '');
  return differences.some(({ elements }) => elements) ? 'elements' : 'shapes';
}

const without = (list, { from, to }) => [...list.slice(0, from), ...list.slice(to)];

/** `judge(made)` gives a verdict; the result is { made, verdict }. */
export async function reduce(first, verdict, judge, only) {
  const wanted = signature(verdict);
  let best = { made: first, verdict };
  let trials = 0;

  async function better(make) {
    if (trials++ > MOST_TRIALS) return false;
    try {
      const made = make();
      const judged = made.graph.outputs.length > 0 && (await judge(made));
      if (!judged || signature(judged) !== wanted) return false;
      best = { made, verdict: judged };
      return true;
    } catch {
      return false; // The generator cannot make it.
    }
  }
  const withDraws = (given) => better(() => generate({ given, only }));

  async function dropOperators() {
    for (let at = best.made.spans.length - 1; at >= 0; at--) {
      const span = best.made.spans[at];
      if (!span) continue;
      const given = without(best.made.choices.drawn, span);
      if (span.added) given[COUNT_AT] = Math.max(0, given[COUNT_AT] - 1);
      await withDraws(given);
    }
  }

  async function lowerDraws() {
    for (let at = 0; at < best.made.choices.drawn.length; at++) {
      const { drawn } = best.made.choices;
      const value = drawn[at];
      for (const lower of new Set([0, value >> 4, value >> 1, value - 1])) {
        if (lower >= 0 && lower < value && (await withDraws(drawn.with(at, lower)))) break;
      }
    }
  }

  async function keepOneOutput() {
    for (const output of best.made.graph.outputs) {
      const graph = pruned({ ...best.made.graph, outputs: [output] });
      if (await better(() => ({ ...best.made, graph }))) return;
    }
  }

  /** Replaces nodes by inputs that are given their results. */
  async function cutNodes() {
    for (let at = best.made.graph.nodes.length - 1; at >= 0; at--) {
      const { graph, feeds, known } = best.made;
      const node = graph.nodes[at];
      const outputs = node?.outputs
        .filter((name) => name !== '')
        .map((name) => ({ name, dtype: known.get(name).dtype }));
      if (
        !outputs ||
        outputs.some(({ name }) => graph.outputs.some((output) => output.name === name))
      )
        continue;
      const run = await runRuntime(
        modelBytes(pruned({ ...graph, outputs })),
        givenTo(graph, feeds),
      );
      if (!run.outputs) continue;
      const inputs = outputs.map(({ name, dtype }) => ({
        name,
        dtype,
        declared: run.outputs[name].dims,
      }));
      const nodes = graph.nodes.toSpliced(at, 1);
      const cut = pruned({ ...graph, nodes, inputs: [...graph.inputs, ...inputs] });
      await better(() => ({ ...best.made, graph: cut, feeds: { ...feeds, ...run.outputs } }));
    }
  }

  await dropOperators();
  await lowerDraws();
  await dropOperators();
  await keepOneOutput();
  await cutNodes();
  return best;
}
