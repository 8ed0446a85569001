// Products of matrices.
import { countOf } from '../dtypes.mjs';
import { accumulated, productOf, sumOf } from '../ranges.mjs';
import { float32 } from '../model.mjs';
import { sumSize } from './conv.mjs';

/** Few elements, but some. */
export const some = ({ dims }) => countOf(dims) > 0 && countOf(dims) <= 1000;

/** Shapes of two operands of a product, and of the product: { bDims, dims, terms }. */
export function productDims(g, aDims) {
  const { choices } = g;
  const terms = aDims.at(-1);
  const columns = choices.weighted([
    [6, choices.int(1, 5)],
    [1, 8],
    [1, 16],
    [1, 19],
  ]);
  const batch = aDims.slice(0, -2);
  if (choices.chance(10)) return { bDims: [terms], dims: aDims.slice(0, -1), terms };
  const own = choices.chance(60) ? [] : g.narrower(batch);
  const rows = aDims.slice(-2, -1);
  // One further dimension in front of a's.
  const more =
    own.length === batch.length && batch.length < 2 && choices.chance(20)
      ? [choices.int(1, 3)]
      : [];
  return {
    bDims: [...more, ...own, terms, columns],
    dims: [...more, ...batch, ...rows, columns],
    terms,
  };
}

function matmul(g) {
  const types = ['float32', 'float64', 'int32', 'int64', 'float16'];
  const a = g.take({ types, rank: [1, 4], test: some });
  if (!some(a)) return null;
  const { bDims, dims, terms } = productDims(g, a.dims);
  if (countOf(bDims) === 0) return null;
  const b = g.take({ types: [a.dtype], dims: bDims });
  const output = { ...accumulated(terms, a, b), dtype: a.dtype, dims };
  return g.one('MatMul', [a, b], output, { magnitude: sumSize(terms) });
}

function gemm(g) {
  const { choices } = g;
  const a = g.take({ types: ['float32', 'float64'], rank: [2, 2], test: some });
  if (!some(a)) return null;
  const [transA, transB] = [choices.chance(30), choices.chance(30)];
  const [rows, terms] = transA ? [a.dims[1], a.dims[0]] : a.dims;
  const columns = choices.weighted([
    [6, choices.int(1, 5)],
    [1, 8],
    [1, 17],
  ]);
  const b = g.take({ types: [a.dtype], dims: transB ? [columns, terms] : [terms, columns] });
  const c = choices.chance(60)
    ? g.take({ types: [a.dtype], dims: g.narrower([rows, columns]) })
    : null;
  const factor = (name) => (choices.chance(30) ? { [name]: choices.pick([0.5, 2, 0, -1]) } : {});
  const { alpha, beta } = { ...factor('alpha'), ...factor('beta') };
  const scaled = (value, by = 1) =>
    productOf(value, { low: by, high: by, unit: Math.abs(by) || 1, same: true });
  const product = accumulated(terms, a, b);
  const first = {
    ...scaled(product, alpha),
    sums: product.sums * Math.max(1, Math.abs(alpha ?? 1)),
  };
  const range = c
    ? { ...sumOf(first, scaled(c, beta)), sums: first.sums + 2 * Math.max(-c.low, c.high) }
    : first;
  const attributes = {
    ...(transA ? { transA: 1 } : {}),
    ...(transB ? { transB: 1 } : {}),
    ...(alpha === undefined ? {} : { alpha: float32(alpha) }),
    ...(beta === undefined ? {} : { beta: float32(beta) }),
  };
  const output = { ...range, dtype: a.dtype, dims: [rows, columns] };
  return g.one('Gemm', [a, b, c], output, { attributes, magnitude: sumSize(2 * terms) });
}

const EQUATIONS = [
  ['ij,jk->ik', ['i', 'j'], ['j', 'k']],
  ['ij,kj->ik', ['i', 'j'], ['k', 'j']],
  ['bij,bjk->bik', ['b', 'i', 'j'], ['b', 'j', 'k']],
  ['bij,jk', ['b', 'i', 'j'], ['j', 'k']],
  ['ij->ji', ['i', 'j']],
  ['ii->i', ['i', 'i']],
  ['ij->', ['i', 'j']],
  ['i,j->ij', ['i'], ['j']],
  ['ij,ij->i', ['i', 'j'], ['i', 'j']],
  ['bhid,bhjd->bhij', ['b', 'h', 'i', 'd'], ['b', 'h', 'j', 'd']],
];

function einsum(g) {
  const { choices } = g;
  const [equation, ...terms] = choices.pick(EQUATIONS);
  const sizes = Object.fromEntries([...'bhijkd'].map((letter) => [letter, choices.int(1, 4)]));
  const inputs = terms.map((letters) =>
    g.take({
      types: ['float32', 'float64'].slice(0, 1),
      dims: letters.map((letter) => sizes[letter]),
    }),
  );
  const all = new Set(terms.flat());
  const out = equation.includes('->') ? [...equation.split('->')[1]] : ['b', 'i', 'k'];
  const summed = [...all].filter((letter) => !out.includes(letter));
  const count = countOf(summed.map((letter) => sizes[letter]));
  const dims = out.map((letter) => sizes[letter]);
  const output = { ...accumulated(count, ...inputs), dtype: 'float32', dims };
  const magnitude = inputs.length === 2 ? sumSize(count) : undefined;
  const spaced = choices.chance(20) ? equation.replace(',', ' , ') : equation;
  return g.one('Einsum', inputs, output, { attributes: { equation: spaced }, magnitude });
}

export default [
  { op: 'MatMul', weight: 5, make: matmul },
  { op: 'Gemm', weight: 4, make: gemm },
  { op: 'Einsum', make: einsum },
];
