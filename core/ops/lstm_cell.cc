#include "core/ops/lstm_cell.h"

namespace quantab {

void RunLstm(OpContext& c, RecurrentRun& run, const RecurrentShape& s, size_t direction,
             const float* x, const Direction& d) {
  const size_t hidden = s.hidden, columns = 4 * hidden;
  float* gates = c.ScratchOf<float>(s.batch, columns);
  float* squashed = c.ScratchOf<float>(hidden);
  const bool input_forget = c.attributes().Int("input_forget", 0) != 0;
  const auto step = [&](const float* x_gates, float* h, float* cell) {
    d.recurrence(s.batch, h, gates);
    for (size_t b = 0; b < s.batch; ++b) {
      float* g = gates + b * columns;
      float* state = cell + b * hidden;
      for (size_t i = 0; i < columns; ++i) {
        const float bias = d.bias ? d.bias[i] + d.bias[columns + i] : 0;
        g[i] += x_gates[b * columns + i] + bias;
      }
      float *in = g, *out = g + hidden, *forget = g + 2 * hidden, *fresh = g + 3 * hidden;
      if (d.peephole) {
        for (size_t i = 0; i < hidden; ++i) {
          in[i] += d.peephole[i] * state[i];
          forget[i] += d.peephole[2 * hidden + i] * state[i];
        }
      }
      // The output gate is complete only once the new state is known.
      ClipGates(s.clip, hidden, in);
      ClipGates(s.clip, 2 * hidden, forget);
      d.activations[0].Apply(hidden, in);
      if (input_forget) {
        for (size_t i = 0; i < hidden; ++i) forget[i] = 1 - in[i];
      } else {
        d.activations[0].Apply(hidden, forget);
      }
      d.activations[1].Apply(hidden, fresh);
      for (size_t i = 0; i < hidden; ++i) {
        state[i] = forget[i] * state[i] + in[i] * fresh[i];
        if (d.peephole) out[i] += d.peephole[hidden + i] * state[i];
        squashed[i] = state[i];
      }
      ClipGates(s.clip, hidden, out);
      d.activations[0].Apply(hidden, out);
      d.activations[2].Apply(hidden, squashed);
      for (size_t i = 0; i < hidden; ++i) h[b * hidden + i] = out[i] * squashed[i];
    }
  };
  run.Run(direction, x, d, step);
}

}  // namespace quantab
