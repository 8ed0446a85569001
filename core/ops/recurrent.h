// What LSTM, GRU and RNN share: their inputs in one layout, activation functions by name,
// directions and sequences of unequal length.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/ops/types.h"

namespace quantab {

// One of ONNX's activation functions with its parameters.
struct Activation {
  enum class Kind {
    kAffine,
    kElu,
    kHardSigmoid,
    kLeakyRelu,
    kRelu,
    kScaledTanh,
    kSigmoid,
    kSoftplus,
    kSoftsign,
    kTanh,
    kThresholdedRelu,
  };
  Kind kind = Kind::kTanh;
  float alpha = 0, beta = 0;

  // In place, on n values.
  void Apply(size_t n, float* x) const;
};

// y (rows x columns) = x (rows x depth) * W, for one direction's weights.
using Product = std::function<void(size_t rows, const float* x, float* y)>;

// One direction of a layer. All pointers are to this direction's part; null where absent.
struct Direction {
  Product input;                        // to gates * hidden columns
  Product recurrence;                   // likewise
  const float* bias = nullptr;          // gates * hidden for the input, then as many for recurrence
  const float* initial_h = nullptr;     // batch x hidden
  const float* initial_c = nullptr;     // batch x hidden
  const float* peephole = nullptr;      // 3 * hidden: input, output, forget
  std::vector<Activation> activations;  // as many as the operator has
};

struct RecurrentShape {
  size_t length = 0, batch = 0, input = 0, hidden = 0, gates = 0, directions = 0;
  bool batch_first = false;      // attribute layout = 1
  bool first_reversed = false;   // direction 0 runs backwards
  std::vector<int64_t> lengths;  // of each sequence in the batch
  float clip = 0;                // 0: none
};

// Reads attributes and the shapes of X (input 0), W (input 1: [directions, ...]) and sequence_lens
// (input `lengths_input`), and checks them. `gates` is 4, 3 or 1.
RecurrentShape MakeRecurrentShape(const OpContext& c, size_t gates, int lengths_input);

// The activations of every direction, by default `defaults`.
std::vector<std::vector<Activation>> ReadActivations(const OpContext& c, size_t directions,
                                                     const std::vector<std::string>& defaults);

// Input `i` as float32 with `count` values for each direction; the pointer to those of `direction`,
// or nullptr when the input is absent.
const float* DirectionInput(const OpContext& c, int i, size_t direction, size_t count,
                            const RecurrentShape& s);

// Initial states, [directions,batch,hidden] or [batch,directions,hidden] by layout, as batch x
// hidden.
const float* InitialState(OpContext& c, int i, size_t direction, const RecurrentShape& s);

// X as [length, batch, input], copied when the layout is the other one.
const float* SequenceFirst(OpContext& c, const RecurrentShape& s);

// What one step of a cell does: from `gates` (batch x gates*hidden: the input's part with both
// biases' sum, where the cell asks for it, still without the recurrence) and the states, to the new
// states of the rows that `active` names.
class RecurrentRun {
 public:
  RecurrentRun(OpContext& c, RecurrentShape shape, int output_states);

  // Runs one direction; step(t, x_gates, h, c) updates h (and c) of all rows: rows that have ended
  // are restored afterwards.
  using Step = std::function<void(const float* x_gates, float* h, float* cell)>;
  void Run(size_t direction, const float* x, const Direction& d, const Step& step);

 private:
  OpContext& c_;
  RecurrentShape s_;
  float* y_ = nullptr;
  float* y_h_ = nullptr;
  float* y_c_ = nullptr;
};

// Float weights: W (input 1) of shape [directions, gates*hidden, input], R (input 2) of shape
// [directions, gates*hidden, hidden], or the last third of R alone, which GRU needs.
enum class Weights { kInput, kRecurrence, kHiddenGate };

// Packs W and R when both are constant; nullptr otherwise.
std::unique_ptr<OpState> PrepareRecurrent(PrepareContext& c);

// The product with one direction's weights, from what PrepareRecurrent packed, or packed now.
Product FloatProduct(OpContext& c, Weights weights, size_t direction, const RecurrentShape& s);

// Limits every value to [-clip, clip]; 0 means no limit.
void ClipGates(float clip, size_t n, float* x);

}  // namespace quantab
