// RNN (ai.onnx, since 7): H' = f(X W + H R + biases).
#include "core/ops/half.h"
#include "core/ops/recurrent.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const RecurrentShape s = MakeRecurrentShape(c, 1, 4);
  const auto activations = ReadActivations(c, s.directions, {"Tanh"});
  const float* x = SequenceFirst(c, s);
  RecurrentRun run(c, s, 1);
  const size_t n = s.hidden;
  float* gates = c.ScratchOf<float>(s.batch, n);
  for (size_t i = 0; i < s.directions; ++i) {
    Direction d;
    d.input = FloatProduct(c, Weights::kInput, i, s);
    d.recurrence = FloatProduct(c, Weights::kRecurrence, i, s);
    d.bias = DirectionInput(c, 3, i, 2 * n, s);
    d.initial_h = InitialState(c, 5, i, s);
    run.Run(i, x, d, [&](const float* x_gates, float* h, float*) {
      d.recurrence(s.batch, h, gates);
      for (size_t at = 0; at < s.batch * n; ++at) {
        const float bias = d.bias ? d.bias[at % n] + d.bias[n + at % n] : 0;
        h[at] = gates[at] + x_gates[at] + bias;
      }
      ClipGates(s.clip, s.batch * n, h);
      activations[i][0].Apply(s.batch * n, h);
    });
  }
}

}  // namespace

QUANTAB_REGISTER(ops, rnn) {
  r.Add({.name = "RNN",
         .since = 7,
         .prepare = InFloat<PrepareRecurrent>,
         .compute = InFloat<Compute>});
}

}  // namespace quantab
