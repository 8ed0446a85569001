// An array of many rows, given to a model that takes one at a time, is many samples.
import { Tensor, type TensorMap, type ValueInfo } from 'quantab';

/** Names that exporters and people give to a batch; tf2onnx numbers the unknown sizes it could not name. */
const BATCH = /^(n|batch.*|unk__.*)$/i;

const isBatch = ({ shape }: ValueInfo): boolean =>
  shape.length >= 2 && (shape[0] === '1' || BATCH.test(shape[0]!));

/** How many rows a sample could be divided into; 1 when it is a sample as it is. */
export function rowsOf(sample: TensorMap, inputs: readonly ValueInfo[]): number {
  const tensors = Object.entries(sample);
  const rows = tensors[0]?.[1].dims[0] ?? 1;
  const divisible = tensors.every(([name, { dims, data }]) => {
    const input = inputs.find((candidate) => candidate.name === name);
    return (
      input !== undefined &&
      isBatch(input) &&
      dims.length === input.shape.length &&
      dims[0] === rows &&
      // Types narrower than a byte may have rows that begin within one.
      Number.isInteger(data.length / rows)
    );
  });
  return divisible && rows > 1 ? rows : 1;
}

/** The rows of a sample that has so many, or those from `first` until before `end`. */
export function* rowsFrom(
  sample: TensorMap,
  rows: number,
  first = 0,
  end = rows,
): Generator<TensorMap> {
  const tensors = Object.entries(sample);
  for (let row = first; row < end; ++row) {
    yield Object.fromEntries(
      tensors.map(([name, { dtype, dims, data }]) => {
        const size = data.length / rows;
        const part = data.slice(row * size, (row + 1) * size);
        return [name, new Tensor(dtype, [1, ...dims.slice(1)], part)];
      }),
    ) as TensorMap;
  }
}
