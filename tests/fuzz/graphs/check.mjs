// Runs a graph on both sides and judges: { kind, detail }, where kind is
//   agreed      the same outputs, to within what compare.mjs allows
//   refused     neither side runs it
//   known       ONNX Runtime does otherwise, in a way that is known: see known.mjs
//   disagreed   anything else
import { beyondProbes, differences } from './compare.mjs';
import { givenTo } from './generate.mjs';
import { DEFECTS, REFUSALS } from './known.mjs';
import { modelBytes } from './model.mjs';
import { runPackage } from './package.mjs';
import { probe } from './probe.mjs';
import { runRuntime } from './runtime.mjs';

/** A generator that is wrong about a shape would go on to make nonsense of it. */
function checkGenerator({ known }, outputs) {
  for (const [name, { dtype, dims }] of Object.entries(outputs)) {
    const value = known.get(name);
    if (value.dims && (String(value.dims) !== String(dims) || value.dtype !== dtype))
      throw new Error(
        `The generator expected ${value.dtype}[${value.dims}] of '${name}', but it is ${dtype}[${dims}].`,
      );
  }
}

function knownDefect(made) {
  const defects = made.graph.nodes.flatMap((node) =>
    DEFECTS.filter(({ op, when }) => op === node.op && when(node, made)),
  );
  return defects[0]?.why;
}

async function judge(made, bytes, theirs, flavor, open) {
  const ours = await runPackage(open, bytes, made.feeds);
  const disagreed = (detail) => ({ kind: 'disagreed', detail: { flavor, ...detail } });
  if (ours.broken) return disagreed({ broken: ours.error });
  if (ours.error && theirs.error)
    return { kind: 'refused', detail: { ours: ours.error, theirs: theirs.error } };
  if (theirs.error) {
    const refusal = REFUSALS.find(({ pattern }) => pattern.test(theirs.error));
    return refusal
      ? { kind: 'known', detail: refusal.why }
      : disagreed({ onlyTheirs: theirs.error });
  }
  if (ours.error) return disagreed({ onlyOurs: ours.error });
  let found = differences(theirs.outputs, ours.outputs, made.known);
  if (found.some(({ elements }) => elements)) found = beyondProbes(found, await probe(made));
  if (found.length > 0) return disagreed({ differences: found });
  checkGenerator(made, theirs.outputs);
  return { kind: 'agreed' };
}

/** `openers`: of the package, by flavour; `onSide` is told which side runs. */
export async function check(made, openers, onSide = () => {}) {
  const { graph } = made;
  const feeds = givenTo(graph, made.feeds);
  const bytes = modelBytes(graph);
  onSide('onnxruntime');
  const theirs = await runRuntime(bytes, feeds);
  let verdict;
  for (const [flavor, open] of Object.entries(openers)) {
    onSide(flavor);
    verdict = await judge({ ...made, feeds }, bytes, theirs, flavor, open);
    if (verdict.kind === 'disagreed') break;
  }
  if (verdict.kind === 'disagreed') {
    const why = knownDefect(made);
    if (why) return { kind: 'known', detail: why };
  }
  return verdict;
}
