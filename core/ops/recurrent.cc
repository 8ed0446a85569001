#include "core/ops/recurrent.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "core/kernels/elementwise/elementwise.h"
#include "core/kernels/f32_gemm/f32_gemm.h"
#include "core/onnx/model.h"
#include "core/ops/shape_args.h"

namespace quantab {
namespace {

using Kind = Activation::Kind;

struct NamedActivation {
  std::string_view name;
  Kind kind;
  float alpha, beta;  // defaults
  int parameters;     // how many of them the attributes give
};
constexpr std::array<NamedActivation, 11> kActivations = {{
    {"affine", Kind::kAffine, 1, 0, 2},
    {"elu", Kind::kElu, 1, 0, 1},
    {"hardsigmoid", Kind::kHardSigmoid, 0.2f, 0.5f, 2},
    {"leakyrelu", Kind::kLeakyRelu, 0.01f, 0, 1},
    {"relu", Kind::kRelu, 0, 0, 0},
    {"scaledtanh", Kind::kScaledTanh, 1, 1, 2},
    {"sigmoid", Kind::kSigmoid, 0, 0, 0},
    {"softplus", Kind::kSoftplus, 0, 0, 0},
    {"softsign", Kind::kSoftsign, 0, 0, 0},
    {"tanh", Kind::kTanh, 0, 0, 0},
    {"thresholdedrelu", Kind::kThresholdedRelu, 1, 0, 1},
}};

const NamedActivation& FindActivation(const OpContext& c, std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char ch) { return ch >= 'A' && ch <= 'Z' ? static_cast<char>(ch + 32) : ch; });
  for (const NamedActivation& known : kActivations) {
    if (known.name == name) return known;
  }
  c.Invalid("attribute 'activations' holds '" + name + "', which is no activation function.");
}

struct State : OpState {
  std::vector<Tensor> input, recurrence, hidden_gate;  // packed, by direction
  size_t bytes() const override {
    size_t sum = 0;
    for (const auto* all : {&input, &recurrence, &hidden_gate}) {
      for (const Tensor& packed : *all) sum += packed.bytes();
    }
    return sum;
  }
};

// Cells of a layer beyond this are a mistake; their gates can be counted in 32 bits.
constexpr int64_t kMostHidden = int64_t{1} << 28;

// A [columns, depth] matrix, packed for products with its transpose.
Tensor Pack(size_t columns, size_t depth, const float* weights) {
  Tensor packed = PackedTensor(DType::kFloat, kernels::F32GemmPackedBytes(columns, depth));
  kernels::F32GemmPack(columns, depth, weights, depth, true, packed.mutable_data<float>());
  return packed;
}

// Matrix `i` of a tensor of three dimensions.
Tensor PackWhole(const Tensor& weights, int64_t i) {
  const size_t columns = Size(weights.dim(1)), depth = Size(weights.dim(2));
  return Pack(columns, depth, weights.data<float>() + Size(i) * columns * depth);
}

}  // namespace

void Activation::Apply(size_t n, float* x) const {
  using kernels::UnaryOp;
  switch (kind) {
    case Kind::kSigmoid:
      return kernels::Unary(UnaryOp::kSigmoid, n, x, x);
    case Kind::kTanh:
      return kernels::Unary(UnaryOp::kTanh, n, x, x);
    case Kind::kRelu:
      return kernels::Unary(UnaryOp::kRelu, n, x, x);
    case Kind::kElu:
      return kernels::Unary(UnaryOp::kElu, n, x, x, alpha);
    case Kind::kHardSigmoid:
      return kernels::Unary(UnaryOp::kHardSigmoid, n, x, x, alpha, beta);
    case Kind::kLeakyRelu:
      return kernels::Unary(UnaryOp::kLeakyRelu, n, x, x, alpha);
    case Kind::kSoftplus:
      return kernels::Unary(UnaryOp::kSoftplus, n, x, x);
    case Kind::kAffine:
      for (size_t i = 0; i < n; ++i) x[i] = alpha * x[i] + beta;
      return;
    case Kind::kScaledTanh:
      for (size_t i = 0; i < n; ++i) x[i] = alpha * std::tanh(beta * x[i]);
      return;
    case Kind::kSoftsign:
      for (size_t i = 0; i < n; ++i) x[i] /= 1 + std::fabs(x[i]);
      return;
    case Kind::kThresholdedRelu:
      for (size_t i = 0; i < n; ++i) x[i] = x[i] > alpha ? x[i] : 0;
      return;
  }
}

RecurrentShape MakeRecurrentShape(const OpContext& c, size_t gates, int lengths_input) {
  FloatInput(c, 0);
  const Tensor& x = c.Input(0);
  if (x.rank() != 3) c.Invalid("input 0 has shape " + ToString(x.shape()) + ", expected rank 3.");
  RecurrentShape s;
  s.batch_first = c.attributes().Int("layout", 0) != 0;
  s.length = Size(x.dim(s.batch_first ? 1 : 0));
  s.batch = Size(x.dim(s.batch_first ? 0 : 1));
  s.input = Size(x.dim(2));
  s.gates = gates;
  const int64_t hidden = c.attributes().Int("hidden_size", 0);
  if (hidden < 1 || hidden > kMostHidden) {
    c.Invalid("attribute 'hidden_size' is '" + std::to_string(hidden) + "', expected '1' to '" +
              std::to_string(kMostHidden) + "'.");
  }
  s.hidden = Size(hidden);
  const std::string direction = c.attributes().String("direction", "forward");
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional") {
    c.Invalid("attribute 'direction' is '" + direction + "'.");
  }
  s.directions = direction == "bidirectional" ? 2 : 1;
  s.first_reversed = direction == "reverse";
  s.clip = c.attributes().Float("clip", 0);
  const Shape& weights = c.Input(1).shape();
  if (weights.size() != 3 || weights[0] != static_cast<int64_t>(s.directions)) {
    c.Invalid("input 1 has shape " + ToString(weights) +
              ", which does not fit attribute 'direction', '" + direction + "'.");
  }
  s.lengths.assign(s.batch, static_cast<int64_t>(s.length));
  if (c.Optional(lengths_input) != nullptr) {
    s.lengths = IntegerInput(c, lengths_input);
    bool right = s.lengths.size() == s.batch;
    for (int64_t length : s.lengths) right = right && length >= 0 && Size(length) <= s.length;
    if (!right)
      c.Invalid("input " + std::to_string(lengths_input) + " does not fit the sequences.");
  }
  return s;
}

std::vector<std::vector<Activation>> ReadActivations(const OpContext& c, size_t directions,
                                                     const std::vector<std::string>& defaults) {
  std::vector<std::string> names = c.attributes().Strings("activations");
  const std::vector<float> alphas = c.attributes().Floats("activation_alpha");
  const std::vector<float> betas = c.attributes().Floats("activation_beta");
  if (names.empty()) {
    for (size_t i = 0; i < directions; ++i) {
      names.insert(names.end(), defaults.begin(), defaults.end());
    }
  }
  if (names.size() != directions * defaults.size()) {
    c.Invalid("attribute 'activations' has " + std::to_string(names.size()) + " values, expected " +
              std::to_string(directions * defaults.size()) + ".");
  }
  std::vector<std::vector<Activation>> all(directions);
  size_t alpha = 0, beta = 0;
  for (size_t i = 0; i < names.size(); ++i) {
    const NamedActivation& known = FindActivation(c, names[i]);
    Activation activation{known.kind, known.alpha, known.beta};
    // The lists hold values only for the functions that have such a parameter, in order.
    if (known.parameters >= 1 && alpha < alphas.size()) activation.alpha = alphas[alpha++];
    if (known.parameters >= 2 && beta < betas.size()) activation.beta = betas[beta++];
    all[i / defaults.size()].push_back(activation);
  }
  return all;
}

const float* DirectionInput(const OpContext& c, int i, size_t direction, size_t count,
                            const RecurrentShape& s) {
  if (c.Optional(i) == nullptr) return nullptr;
  const float* values = FloatInput(c, i);
  if (Size(c.Input(i).count()) != count * s.directions) {
    c.Invalid("input " + std::to_string(i) + " has shape " + ToString(c.Input(i).shape()) +
              ", expected '" + std::to_string(count) + "' values for each direction.");
  }
  return values + direction * count;
}

const float* InitialState(OpContext& c, int i, size_t direction, const RecurrentShape& s) {
  const size_t count = s.batch * s.hidden;
  const float* values = DirectionInput(c, i, direction, count, s);
  if (values == nullptr || !s.batch_first) return values;
  const float* all = values - direction * count;
  float* turned = c.ScratchOf<float>(s.batch, s.hidden);
  for (size_t b = 0; b < s.batch; ++b) {
    std::memcpy(turned + b * s.hidden, all + (b * s.directions + direction) * s.hidden,
                s.hidden * sizeof(float));
  }
  return turned;
}

const float* SequenceFirst(OpContext& c, const RecurrentShape& s) {
  const float* x = FloatInput(c, 0);
  if (!s.batch_first) return x;
  float* turned = c.ScratchOf<float>(s.length, s.batch, s.input);
  for (size_t t = 0; t < s.length; ++t) {
    for (size_t b = 0; b < s.batch; ++b) {
      std::memcpy(turned + (t * s.batch + b) * s.input, x + (b * s.length + t) * s.input,
                  s.input * sizeof(float));
    }
  }
  return turned;
}

RecurrentRun::RecurrentRun(OpContext& c, RecurrentShape shape, int output_states)
    : c_(c), s_(std::move(shape)) {
  const auto i64 = [](size_t value) { return static_cast<int64_t>(value); };
  const int64_t n = i64(s_.directions), b = i64(s_.batch), h = i64(s_.hidden), t = i64(s_.length);
  const Shape all = s_.batch_first ? Shape{b, t, n, h} : Shape{t, n, b, h};
  const Shape last = s_.batch_first ? Shape{b, n, h} : Shape{n, b, h};
  if (c.HasOutput(0)) y_ = c.Output(0, DType::kFloat, all).mutable_data<float>();
  if (c.HasOutput(1)) y_h_ = c.Output(1, DType::kFloat, last).mutable_data<float>();
  if (output_states > 1 && c.HasOutput(2)) {
    y_c_ = c.Output(2, DType::kFloat, last).mutable_data<float>();
  }
}

void RecurrentRun::Run(size_t direction, const float* x, const Direction& d, const Step& step) {
  const RecurrentShape& s = s_;
  const bool reversed = direction == 1 || s.first_reversed;
  const size_t columns = s.gates * s.hidden;
  const size_t state = s.batch * s.hidden;
  float* x_gates = c_.ScratchOf<float>(s.length, s.batch, columns);
  float* row_gates = c_.ScratchOf<float>(s.batch, columns);
  float* h = c_.ScratchOf<float>(s.batch, s.hidden);
  float* cell = c_.ScratchOf<float>(s.batch, s.hidden);
  float* old_h = c_.ScratchOf<float>(s.batch, s.hidden);
  float* old_cell = c_.ScratchOf<float>(s.batch, s.hidden);
  d.input(s.length * s.batch, x, x_gates);
  const auto start = [&](const float* from, float* to) {
    if (from) {
      std::memcpy(to, from, state * sizeof(float));
    } else {
      std::fill(to, to + state, 0.0f);
    }
  };
  start(d.initial_h, h);
  start(d.initial_c, cell);
  for (size_t at = 0; at < s.length; ++at) {
    // Row b of this step reads and writes time `at`, or counts back from its own end.
    const auto time_of = [&](size_t b) {
      const size_t length = Size(s.lengths[b]);
      return !reversed || at >= length ? at : length - 1 - at;
    };
    for (size_t b = 0; b < s.batch; ++b) {
      std::memcpy(row_gates + b * columns, x_gates + (time_of(b) * s.batch + b) * columns,
                  columns * sizeof(float));
    }
    std::memcpy(old_h, h, state * sizeof(float));
    std::memcpy(old_cell, cell, state * sizeof(float));
    step(row_gates, h, cell);
    for (size_t b = 0; b < s.batch; ++b) {
      const bool ended = at >= Size(s.lengths[b]);
      if (ended) {
        std::memcpy(h + b * s.hidden, old_h + b * s.hidden, s.hidden * sizeof(float));
        std::memcpy(cell + b * s.hidden, old_cell + b * s.hidden, s.hidden * sizeof(float));
      }
      if (!y_) continue;
      const size_t time = time_of(b);
      const size_t row = s.batch_first ? (b * s.length + time) * s.directions + direction
                                       : (time * s.directions + direction) * s.batch + b;
      float* out = y_ + row * s.hidden;
      if (ended) {
        std::fill(out, out + s.hidden, 0.0f);
      } else {
        std::memcpy(out, h + b * s.hidden, s.hidden * sizeof(float));
      }
    }
  }
  const auto finish = [&](const float* from, float* to) {
    if (!to) return;
    for (size_t b = 0; b < s.batch; ++b) {
      const size_t row = s.batch_first ? b * s.directions + direction : direction * s.batch + b;
      std::memcpy(to + row * s.hidden, from + b * s.hidden, s.hidden * sizeof(float));
    }
  };
  finish(h, y_h_);
  finish(cell, y_c_);
}

std::unique_ptr<OpState> PrepareRecurrent(PrepareContext& c) {
  const Tensor *w = c.Constant(1), *r = c.Constant(2);
  for (const Tensor* weights : {w, r}) {
    if (weights == nullptr || weights->dtype() != DType::kFloat || weights->rank() != 3) {
      return nullptr;
    }
  }
  auto state = std::make_unique<State>();
  for (int64_t i = 0; i < w->dim(0); ++i) state->input.push_back(PackWhole(*w, i));
  for (int64_t i = 0; i < r->dim(0); ++i) {
    state->recurrence.push_back(PackWhole(*r, i));
    if (c.node().op_type() == "GRU") {
      const size_t hidden = Size(r->dim(2));
      if (Size(r->dim(1)) != 3 * hidden) return nullptr;  // compute() says what is wrong
      const float* gate = r->data<float>() + (Size(i) * 3 + 2) * hidden * hidden;
      state->hidden_gate.push_back(Pack(hidden, hidden, gate));
    }
  }
  c.Release(1);
  c.Release(2);
  return state;
}

Product FloatProduct(OpContext& c, Weights weights, size_t direction, const RecurrentShape& s) {
  const int input = weights == Weights::kInput ? 1 : 2;
  const size_t depth = weights == Weights::kInput ? s.input : s.hidden;
  const size_t rows = s.gates * s.hidden;
  const Shape expected = {static_cast<int64_t>(s.directions), static_cast<int64_t>(rows),
                          static_cast<int64_t>(depth)};
  if (c.Input(input).shape() != expected) {
    c.Invalid("input " + std::to_string(input) + " has shape " + ToString(c.Input(input).shape()) +
              ", expected " + ToString(expected) + ".");
  }
  const bool last = weights == Weights::kHiddenGate;
  const size_t columns = last ? s.hidden : rows;
  Tensor packed;
  if (const auto* state = static_cast<const State*>(c.state())) {
    const auto& all = weights == Weights::kInput ? state->input
                      : last                     ? state->hidden_gate
                                                 : state->recurrence;
    packed = all[direction];
  } else {
    const float* from = FloatInput(c, input) + direction * rows * depth;
    packed = Pack(columns, depth, from + (rows - columns) * depth);
  }
  return [=](size_t count, const float* x, float* y) {
    kernels::F32Gemm(count, columns, depth, x, depth, packed.data<float>(), y, columns);
  };
}

void ClipGates(float clip, size_t n, float* x) {
  if (clip > 0) kernels::Unary(kernels::UnaryOp::kClip, n, x, x, -clip, clip);
}

}  // namespace quantab
