// DynamicQuantizeLSTM (com.microsoft): LSTM with 8-bit weights. X and H are quantized to uint8 by
// their own range before each product; a state that was made beyond its sequence's end does not
// count. W and R are [directions, depth, 4 * hidden] (turned, compared with LSTM's), with scales
// and zero points for each direction, or for each of its columns.
#include <algorithm>
#include <tuple>

#include "core/kernels/i8_gemm/i8_gemm.h"
#include "core/kernels/quantize/quantize.h"
#include "core/onnx/model.h"
#include "core/ops/lstm_cell.h"
#include "core/ops/quantization.h"

namespace quantab {
namespace {

struct State : OpState {
  std::vector<Tensor> input, recurrence;  // packed, by direction
  size_t bytes() const override {
    size_t sum = 0;
    for (const Tensor& packed : input) sum += packed.bytes();
    for (const Tensor& packed : recurrence) sum += packed.bytes();
    return sum;
  }
};

// Direction `i` of weights [directions, depth, columns]. `zeros` has one value for all directions,
// or the same number for each.
Tensor Pack(const Tensor& weights, const std::vector<int32_t>& zeros, size_t i) {
  const size_t directions = Size(weights.dim(0));
  const size_t depth = Size(weights.dim(1)), columns = Size(weights.dim(2));
  const size_t own = zeros.size() < directions ? 0 : zeros.size() / directions;
  kernels::I8GemmB b;
  b.data = weights.raw() + i * columns * depth;
  b.is_signed = weights.dtype() == DType::kInt8;
  b.k_stride = columns;
  b.n_stride = 1;
  b.zero = zeros.data() + i * own;
  b.zero_stride = own == columns && columns > 1 ? 1 : 0;
  Tensor packed = PackedTensor(DType::kUint8, kernels::I8GemmPackedBytes(columns, depth));
  kernels::I8GemmPack(columns, depth, b, packed.mutable_raw());
  return packed;
}

// Whether `zeros` fit weights [directions, depth, columns].
bool ZerosFit(const Tensor& weights, size_t zeros) {
  const size_t directions = Size(weights.dim(0));
  return zeros == 1 || zeros == directions || zeros == directions * Size(weights.dim(2));
}

std::unique_ptr<OpState> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  for (const auto& [input, zero, packed] :
       {std::tuple{1, 9, &state->input}, std::tuple{2, 11, &state->recurrence}}) {
    const Tensor* weights = c.Constant(input);
    const bool has_zero = zero < c.input_count() && !c.node().input(zero).empty();
    const Tensor* points = has_zero ? c.Constant(zero) : nullptr;
    if (weights == nullptr || weights->rank() != 3 || (has_zero && points == nullptr) ||
        !IsByte(weights->dtype()) || (points != nullptr && !IsByte(points->dtype()))) {
      return nullptr;
    }
    const std::vector<int32_t> zeros = ZeroPoints(points);
    if (!ZerosFit(*weights, zeros.size())) return nullptr;
    for (int64_t i = 0; i < weights->dim(0); ++i) packed->push_back(Pack(*weights, zeros, Size(i)));
  }
  c.Release(1);
  c.Release(2);
  return state;
}

// The range of the states [batch, depth] that enter `step`, without those of sequences that had
// ended at the step before.
kernels::FloatRange RangeOfStates(const std::vector<int64_t>& lengths, size_t step, size_t depth,
                                  const float* x) {
  kernels::FloatRange range = kernels::MinMax(0, x);
  for (size_t row = 0; row < lengths.size(); ++row) {
    if (Size(lengths[row]) < step) continue;
    const kernels::FloatRange own = kernels::MinMax(depth, x + row * depth);
    range = {std::min(range.min, own.min), std::max(range.max, own.max)};
  }
  return range;
}

// Weights are input `w`, their scales and zero points inputs `scale` and `zero`.
Product QuantizedProduct(OpContext& c, int w, int scale, int zero, size_t direction,
                         const RecurrentShape& s) {
  const Tensor& weights = c.Input(w);
  IsSignedByte(c, w);
  const size_t depth = w == 1 ? s.input : s.hidden, columns = 4 * s.hidden;
  const Shape expected = {static_cast<int64_t>(s.directions), static_cast<int64_t>(depth),
                          static_cast<int64_t>(columns)};
  if (weights.shape() != expected) {
    c.Invalid("input " + std::to_string(w) + " has shape " + ToString(weights.shape()) +
              ", expected " + ToString(expected) + ".");
  }
  const float* scales = FloatInput(c, scale);
  const size_t count = Size(c.Input(scale).count()) / s.directions;
  if (count != 1 && count != columns) {
    c.Invalid("input " + std::to_string(scale) + " has shape " + ToString(c.Input(scale).shape()) +
              ", expected one value or '" + std::to_string(columns) + "' for each direction.");
  }
  Tensor packed;
  if (const auto* state = static_cast<const State*>(c.state())) {
    packed = (w == 1 ? state->input : state->recurrence)[direction];
  } else {
    if (c.Optional(zero) != nullptr) IsSignedByte(c, zero);
    const std::vector<int32_t> zeros = ZeroPoints(c.Optional(zero));
    if (!ZerosFit(weights, zeros.size())) {
      c.Invalid("input " + std::to_string(zero) + " does not fit the weights.");
    }
    packed = Pack(weights, zeros, direction);
  }
  // W multiplies all of X at once, R one step's states.
  uint8_t* quantized = c.ScratchOf<uint8_t>(w == 1 ? s.length : size_t{1}, s.batch, depth);
  float* products = c.ScratchOf<float>(count);
  const float* own_scales = scales + direction * count;
  const std::vector<int64_t> lengths = w == 1 ? std::vector<int64_t>() : s.lengths;
  return [=, step = size_t{0}](size_t rows, const float* x, float* y) mutable {
    const size_t n = rows * depth;
    const kernels::FloatRange range =
        lengths.empty() ? kernels::MinMax(n, x) : RangeOfStates(lengths, step++, depth, x);
    const kernels::U8Parameters p = kernels::DynamicQuantizeParameters(range);
    kernels::QuantizeU8(n, x, p.scale, p.zero, quantized);
    for (size_t i = 0; i < count; ++i) products[i] = p.scale * own_scales[i];
    kernels::I8GemmEpilogue epilogue;
    epilogue.out = kernels::I8GemmOut::kDequantize;
    epilogue.scale = products;
    epilogue.scale_stride = count == 1 ? 0 : 1;
    kernels::I8Gemm(rows, columns, depth, quantized, false, depth, p.zero, packed.raw(), y, columns,
                    epilogue);
  };
}

void Compute(OpContext& c) {
  const RecurrentShape s = MakeRecurrentShape(c, 4, 4);
  const auto activations = ReadActivations(c, s.directions, {"Sigmoid", "Tanh", "Tanh"});
  const float* x = SequenceFirst(c, s);
  RecurrentRun run(c, s, 2);
  const size_t columns = 4 * s.hidden;
  for (size_t i = 0; i < s.directions; ++i) {
    Direction d;
    d.input = QuantizedProduct(c, 1, 8, 9, i, s);
    d.recurrence = QuantizedProduct(c, 2, 10, 11, i, s);
    d.bias = DirectionInput(c, 3, i, 2 * columns, s);
    d.initial_h = InitialState(c, 5, i, s);
    d.initial_c = InitialState(c, 6, i, s);
    d.peephole = DirectionInput(c, 7, i, 3 * s.hidden, s);
    d.activations = activations[i];
    RunLstm(c, run, s, i, x, d);
  }
}

}  // namespace

QUANTAB_REGISTER(ops, dynamic_quantize_lstm) {
  r.Add({.name = "DynamicQuantizeLSTM",
         .domain = "com.microsoft",
         .prepare = Prepare,
         .compute = Compute});
}

}  // namespace quantab
