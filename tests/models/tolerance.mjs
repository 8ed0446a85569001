// How far an output may be from onnxruntime's; README.md says why.
import { judge, leader, measure } from './compare.mjs';

const FLOAT32 = 1e-4;

/** A step of a grid of 256 over an output that reaches as far to either side. */
const STEP = 2 / 255;
/** Half precision's unit, for a value just above a power of two. */
const HALF = 2 ** -10;

/** The least that is allowed, by kind, as a share of the output's largest magnitude: for one element, and on average. */
const LEAST = {
  float32: { most: FLOAT32, rms: FLOAT32 },
  // One element in 64 falls on the other side of a step's middle.
  quantized: { most: STEP, rms: STEP / 8 },
  // Rounded once more here than there.
  float16: { most: HALF, rms: HALF / 2 },
};

/** An output over all samples: its largest magnitude, and how far moving the constants moves it at the most. */
function summary(name, references) {
  const found = { size: 0, most: 0, rms: 0 };
  for (const { outputs, moved } of references) {
    const { size } = measure(outputs[name], outputs[name]);
    found.size = Math.max(found.size, size);
    for (const copy of moved) {
      const { most = 0, rms = 0 } = measure(outputs[name], copy[name]);
      found.most = Math.max(found.most, most);
      found.rms = Math.max(found.rms, rms);
    }
  }
  return found;
}

/** What a file of the catalog may be away by at the least, as shares: { most, rms }. */
const leastOf = ({ kind, tolerance }) =>
  tolerance === undefined ? LEAST[kind] : { most: tolerance, rms: tolerance };

/** `judge`'s allowances for a file, by output, given onnxruntime's runs of its samples: { most, rms, size }. */
export function allowances(work, references) {
  const names = Object.keys(references[0].outputs);
  return Object.fromEntries(
    names.map((name) => {
      const { size, ...own } = summary(name, references);
      const allowed = { size };
      for (const [figure, share] of Object.entries(leastOf(work))) {
        allowed[figure] = Math.max(share * size, work.kind === 'float32' ? 0 : 2 * own[figure]);
      }
      return [name, allowed];
    }),
  );
}

/** What is wrong with the class of a row of scores: it must be what onnxruntime finds in one of its runs. */
function classDiffers({ outputs, plain, moved }, actual) {
  const [name] = Object.keys(outputs);
  const theirs = [outputs, plain, ...moved].map((run) => leader(run[name]));
  const ours = leader(actual[name]);
  return theirs.includes(ours) ? '' : `its class is ${ours}, not ${theirs[0]}`;
}

/** `judge`, for outputs of one sample: they agree with onnxruntime's as it is, or else without optimizations. */
export function judgeSample(reference, actual, allowed, classifier) {
  const { outputs, plain } = reference;
  const found = [outputs, plain].map((expected) => judge(expected, actual, allowed));
  const fine = found.filter(({ wrong }) => wrong === '');
  if (fine.length === 0) return found[0];
  const share = Math.min(...fine.map((each) => each.share));
  return { share, wrong: classifier ? classDiffers(reference, actual) : '' };
}
