// GRU (ai.onnx, since 7). Gates come in the order update z, reset r, hidden h:
//   z = f(Xz + Hz)   r = f(Xr + Hr)   H' = (1 - z) * g(Xh + (r * H) Rh) + z * H
// or, with linear_before_reset, g(Xh + r * (H Rh + bias of Rh)).
#include "core/ops/half.h"
#include "core/ops/recurrent.h"

namespace quantab {
namespace {

struct Cell {
  const RecurrentShape& s;
  const Direction& d;
  Product hidden_product;  // of Rh alone, when the reset comes before it
  float* gates;            // batch x 3 * hidden
  float* reset_h;          // batch x hidden
  float* reset_gate;       // batch x hidden

  float Bias(size_t i) const { return d.bias ? d.bias[i] : 0; }

  void Step(const float* x_gates, float* h) const {
    const size_t n = s.hidden, columns = 3 * n;
    const bool linear_before_reset = !hidden_product;
    d.recurrence(s.batch, h, gates);
    for (size_t b = 0; b < s.batch; ++b) {
      float* g = gates + b * columns;
      const float* x = x_gates + b * columns;
      for (size_t i = 0; i < 2 * n; ++i) g[i] += x[i] + Bias(i) + Bias(columns + i);
      ClipGates(s.clip, 2 * n, g);
      d.activations[0].Apply(2 * n, g);
      const float* reset = g + n;
      float* fresh = g + 2 * n;
      for (size_t i = 0; i < n; ++i) {
        reset_h[b * n + i] = reset[i] * h[b * n + i];
        fresh[i] = reset[i] * (fresh[i] + Bias(columns + 2 * n + i));
      }
    }
    if (!linear_before_reset) hidden_product(s.batch, reset_h, reset_gate);
    for (size_t b = 0; b < s.batch; ++b) {
      float* g = gates + b * columns;
      float* fresh = g + 2 * n;
      for (size_t i = 0; i < n; ++i) {
        if (!linear_before_reset) fresh[i] = reset_gate[b * n + i] + Bias(columns + 2 * n + i);
        fresh[i] += x_gates[b * columns + 2 * n + i] + Bias(2 * n + i);
      }
      ClipGates(s.clip, n, fresh);
      d.activations[1].Apply(n, fresh);
      for (size_t i = 0; i < n; ++i) {
        float& state = h[b * n + i];
        state = (1 - g[i]) * fresh[i] + g[i] * state;
      }
    }
  }
};

void Compute(OpContext& c) {
  const RecurrentShape s = MakeRecurrentShape(c, 3, 4);
  const auto activations = ReadActivations(c, s.directions, {"Sigmoid", "Tanh"});
  const float* x = SequenceFirst(c, s);
  RecurrentRun run(c, s, 1);
  const size_t n = s.hidden, columns = 3 * n;
  for (size_t i = 0; i < s.directions; ++i) {
    Direction d;
    d.input = FloatProduct(c, Weights::kInput, i, s);
    d.recurrence = FloatProduct(c, Weights::kRecurrence, i, s);
    d.bias = DirectionInput(c, 3, i, 2 * columns, s);
    d.initial_h = InitialState(c, 5, i, s);
    d.activations = activations[i];
    Cell cell{s,
              d,
              nullptr,
              c.ScratchOf<float>(s.batch, columns),
              c.ScratchOf<float>(s.batch, n),
              c.ScratchOf<float>(s.batch, n)};
    if (c.attributes().Int("linear_before_reset", 0) == 0) {
      cell.hidden_product = FloatProduct(c, Weights::kHiddenGate, i, s);
    }
    run.Run(i, x, d, [&](const float* x_gates, float* h, float*) { cell.Step(x_gates, h); });
  }
}

}  // namespace

QUANTAB_REGISTER(ops, gru) {
  r.Add({.name = "GRU",
         .since = 7,
         .prepare = InFloat<PrepareRecurrent>,
         .compute = InFloat<Compute>});
}

}  // namespace quantab
