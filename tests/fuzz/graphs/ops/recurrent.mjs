// Recurrent networks.
import { between } from '../ranges.mjs';
import { float32 } from '../model.mjs';
import { largest } from '../numbers.mjs';

const GATES = { LSTM: 4, GRU: 3, RNN: 1 };
const BOUNDED = ['Sigmoid', 'Tanh', 'HardSigmoid', 'Softsign'];
/** Not for gates, as states would grow without end. */
const FUNCTIONS = [...BOUNDED, 'Relu'];
/** How many activations each direction has. */
const ACTIVATIONS = { LSTM: 3, GRU: 2, RNN: 1 };

const recurrent = (op) => ({
  op,
  make(g) {
    const { choices } = g;
    // In long sequences small differences grow large.
    const test = ({ dims }) => !dims.includes(0) && dims[0] <= 5;
    const makeDims = () => [choices.int(1, 4), choices.int(1, 3), choices.int(1, 5)];
    const x = g.take({ types: ['float32'], rank: [3, 3], test, makeDims, low: -100, high: 100 });
    const [time, batch, inputSize] = x.dims;
    const hidden = choices.weighted([
      [4, choices.int(1, 4)],
      [1, 8],
    ]);
    const direction = choices.pick(['forward', 'reverse', 'bidirectional']);
    const directions = direction === 'bidirectional' ? 2 : 1;
    const gates = GATES[op];
    const weights = (...dims) =>
      g.take({ types: ['float32'], dims: [directions, ...dims], low: -2, high: 2 });
    const maybe = (percent, make) => (choices.chance(percent) ? make() : null);
    const lengths = () =>
      g.numbers(
        'int32',
        [batch],
        Array.from({ length: batch }, () => choices.int(1, time)),
      );
    const inputs = [
      x,
      weights(gates * hidden, inputSize),
      weights(gates * hidden, hidden),
      maybe(60, () => weights(2 * gates * hidden)),
      maybe(30, lengths),
      maybe(40, () => weights(batch, hidden)),
      ...(op === 'LSTM'
        ? [maybe(40, () => weights(batch, hidden)), maybe(25, () => weights(3 * hidden))]
        : []),
    ];
    const attributes = { hidden_size: hidden, ...(direction === 'forward' ? {} : { direction }) };
    if (choices.chance(25))
      attributes.activations = Array.from({ length: directions * ACTIVATIONS[op] }, (_, i) =>
        choices.pick(op !== 'RNN' && i % ACTIVATIONS[op] === 0 ? BOUNDED : FUNCTIONS),
      );
    if (choices.chance(20)) attributes.clip = float32(choices.pick([1.5, 3]));
    if (op === 'GRU' && choices.chance(50)) attributes.linear_before_reset = 1;
    if (op === 'LSTM' && choices.chance(15)) attributes.input_forget = 1;
    const range = { dtype: 'float32', ...between(-1e3, 1e3, x), same: false };
    const last = { ...range, dims: [directions, batch, hidden] };
    const outputs = [
      { ...range, dims: [time, directions, batch, hidden] },
      last,
      ...(op === 'LSTM' ? [last] : []),
    ];
    const wanted = outputs.map((output) => (choices.chance(25) ? null : output));
    // Activations are approximated to within a part of 1, and those errors are summed up by the recurrence.
    const magnitude = ([, , recurrence], output) =>
      (1 + hidden * largest(recurrence)) * Math.max(1, largest(output));
    return g.node(op, inputs, wanted.some(Boolean) ? wanted : outputs, { attributes, magnitude });
  },
});

export default Object.keys(GATES).map(recurrent);
