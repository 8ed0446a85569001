// QGemm (com.microsoft): Gemm of 8-bit tensors,
//   (a, a_scale, a_zero, b, b_scale, b_zero, c, y_scale, y_zero)
// with c int32 in the scale a_scale * b_scale * alpha, broadcast to the result. Without y_scale and
// y_zero it leaves as float32.
#include <algorithm>

#include "core/kernels/transpose/transpose.h"
#include "core/onnx/model.h"
#include "core/ops/i8_matmul.h"
#include "core/ops/strided.h"

namespace quantab {
namespace {

struct State : OpState {
  size_t n = 0, k = 0;
  Tensor packed;
  size_t bytes() const override { return packed.bytes(); }
};

void Pack(const Tensor& b, bool transposed, const std::vector<int32_t>& zeros, size_t n, size_t k,
          std::byte* packed) {
  kernels::I8GemmB operand;
  operand.data = b.raw();
  operand.is_signed = b.dtype() == DType::kInt8;
  operand.k_stride = transposed ? 1 : n;
  operand.n_stride = transposed ? k : 1;
  operand.zero = zeros.data();
  operand.zero_stride = zeros.size() == 1 ? 0 : 1;
  kernels::I8GemmPack(n, k, operand, packed);
}

std::unique_ptr<OpState> Prepare(PrepareContext& c) {
  const Tensor* b = c.Constant(3);
  const bool has_zero = c.input_count() > 5 && !c.node().input(5).empty();
  const Tensor* zero = has_zero ? c.Constant(5) : nullptr;
  if (b == nullptr || b->rank() != 2 || (has_zero && zero == nullptr) || !IsByte(b->dtype()) ||
      (zero != nullptr && !IsByte(zero->dtype()))) {
    return nullptr;
  }
  const bool transposed = c.attributes().Int("transB", 0) != 0;
  auto state = std::make_unique<State>();
  state->k = Size(b->dim(transposed ? 1 : 0));
  state->n = Size(b->dim(transposed ? 0 : 1));
  const std::vector<int32_t> zeros = ZeroPoints(zero);
  if (zeros.size() != 1 && zeros.size() != state->n) return nullptr;
  state->packed = PackedTensor(DType::kUint8, kernels::I8GemmPackedBytes(state->n, state->k));
  Pack(*b, transposed, zeros, state->n, state->k, state->packed.mutable_raw());
  c.Release(3);
  return state;
}

// The packed right operand and its sizes.
struct Right {
  size_t n, k;
  const std::byte* packed;
};
Right MakeRight(OpContext& c) {
  if (const auto* state = static_cast<const State*>(c.state())) {
    return {state->n, state->k, state->packed.raw()};
  }
  IsSignedByte(c, 3);
  const Tensor& b = c.Input(3);
  if (b.rank() != 2) c.Invalid("input 3 has shape " + ToString(b.shape()) + ", expected rank 2.");
  const bool transposed = c.attributes().Int("transB", 0) != 0;
  const size_t k = Size(b.dim(transposed ? 1 : 0)), n = Size(b.dim(transposed ? 0 : 1));
  if (c.Optional(5) != nullptr) IsSignedByte(c, 5);
  const std::vector<int32_t> zeros = ZeroPoints(c.Optional(5));
  if (zeros.size() != 1) CheckByColumn(c, 5, n);
  std::byte* packed = c.Scratch(kernels::I8GemmPackedBytes(n, k)).data();
  Pack(b, transposed, zeros, n, k, packed);
  return {n, k, packed};
}

// A bias that broadcasts to [rows, columns].
class Bias {
 public:
  Bias(OpContext& c, int i, size_t rows, size_t columns) : columns_(columns) {
    const Tensor* bias = c.Optional(i);
    if (bias == nullptr) return;
    if (bias->dtype() != DType::kInt32) UnsupportedInputType(c, i);
    const Shape to = {static_cast<int64_t>(rows), static_cast<int64_t>(columns)};
    const std::optional<Shape> fit = BroadcastShapes(bias->shape(), to);
    if (!fit || *fit != to) {
      c.Invalid("input " + std::to_string(i) + " has shape " + ToString(bias->shape()) +
                ", which does not broadcast to " + ToString(to) + ".");
    }
    const std::vector<int64_t> strides = BroadcastStrides(bias->shape(), to);
    values_ = bias->data<int32_t>();
    row_step_ = strides[0];
    column_step_ = strides[1];
    if (column_step_ != 1) repeated_ = c.ScratchOf<int32_t>(columns);
  }

  bool differs_by_row() const { return row_step_ != 0; }

  // One value for each column of the row; nullptr when there is no bias.
  const int32_t* Row(size_t row) const {
    if (values_ == nullptr) return nullptr;
    const int32_t* from = values_ + static_cast<int64_t>(row) * row_step_;
    if (repeated_ == nullptr) return from;
    std::fill_n(repeated_, columns_, *from);
    return repeated_;
  }

 private:
  size_t columns_;
  const int32_t* values_ = nullptr;
  int64_t row_step_ = 0, column_step_ = 0;
  int32_t* repeated_ = nullptr;
};

void Compute(OpContext& c) {
  const bool a_signed = IsSignedByte(c, 0);
  const Tensor& a = c.Input(0);
  if (a.rank() != 2) c.Invalid("input 0 has shape " + ToString(a.shape()) + ", expected rank 2.");
  const Right b = MakeRight(c);
  const bool transposed = c.attributes().Int("transA", 0) != 0;
  const size_t m = Size(a.dim(transposed ? 1 : 0)), k = Size(a.dim(transposed ? 0 : 1));
  if (k != b.k) {
    c.Invalid("inner sizes '" + std::to_string(k) + "' and '" + std::to_string(b.k) + "' differ.");
  }
  const std::byte* rows = a.raw();
  if (transposed) {
    std::byte* turned = c.ScratchOf<std::byte>(m, k);
    kernels::Transpose2D(k, m, 1, rows, m, turned, k);
    rows = turned;
  }
  CheckByColumn(c, 4, b.n);
  const float* b_scales = FloatInput(c, 4);
  const size_t count = Size(c.Input(4).count());
  const bool quantized = c.Optional(7) != nullptr;
  const float factor = ScalarInput(c, 1) * c.attributes().Float("alpha", 1.0f);
  const float y_scale = quantized ? ScalarInput(c, 7) : 1;
  float* scale = c.ScratchOf<float>(count);
  for (size_t i = 0; i < count; ++i) scale[i] = factor * b_scales[i] / y_scale;
  kernels::I8GemmEpilogue epilogue;
  epilogue.out = quantized ? kernels::I8GemmOut::kRequantize : kernels::I8GemmOut::kDequantize;
  epilogue.scale = scale;
  epilogue.scale_stride = count == 1 ? 0 : 1;
  const Bias bias(c, 6, m, b.n);
  const Shape shape = {static_cast<int64_t>(m), static_cast<int64_t>(b.n)};
  DType dtype = DType::kFloat;
  if (quantized) {
    epilogue.out_signed = c.Optional(8) != nullptr && IsSignedByte(c, 8);
    dtype = epilogue.out_signed ? DType::kInt8 : DType::kUint8;
    epilogue.out_zero = ZeroInput(c, 8);
  }
  Tensor& y = c.Output(0, dtype, shape);
  const size_t step = bias.differs_by_row() ? 1 : m;
  for (size_t row = 0; row < m; row += step) {
    epilogue.bias = bias.Row(row);
    kernels::I8Gemm(step, b.n, k, rows + row * k, a_signed, k, ZeroInput(c, 2), b.packed,
                    y.mutable_raw() + row * b.n * SizeOf(dtype), b.n, epilogue);
  }
}

}  // namespace

QUANTAB_REGISTER(ops, qgemm) {
  r.Add({.name = "QGemm", .domain = "com.microsoft", .prepare = Prepare, .compute = Compute});
}

}  // namespace quantab
