// LSTM (ai.onnx, since 7): forward, reverse and bidirectional, with peepholes and sequence lengths.
#include "core/ops/half.h"
#include "core/ops/lstm_cell.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const RecurrentShape s = MakeRecurrentShape(c, 4, 4);
  const auto activations = ReadActivations(c, s.directions, {"Sigmoid", "Tanh", "Tanh"});
  const float* x = SequenceFirst(c, s);
  RecurrentRun run(c, s, 2);
  const size_t columns = 4 * s.hidden;
  for (size_t i = 0; i < s.directions; ++i) {
    Direction d;
    d.input = FloatProduct(c, Weights::kInput, i, s);
    d.recurrence = FloatProduct(c, Weights::kRecurrence, i, s);
    d.bias = DirectionInput(c, 3, i, 2 * columns, s);
    d.initial_h = InitialState(c, 5, i, s);
    d.initial_c = InitialState(c, 6, i, s);
    d.peephole = DirectionInput(c, 7, i, 3 * s.hidden, s);
    d.activations = activations[i];
    RunLstm(c, run, s, i, x, d);
  }
}

}  // namespace

QUANTAB_REGISTER(ops, lstm) {
  r.Add({.name = "LSTM",
         .since = 7,
         .prepare = InFloat<PrepareRecurrent>,
         .compute = InFloat<Compute>});
}

}  // namespace quantab
