#include "core/ops/i8_conv.h"

#include "core/onnx/model.h"
#include "core/ops/channels_last.h"

namespace quantab {
namespace {

struct State : OpState {
  Shape shape;
  Tensor packed;
  size_t bytes() const override { return packed.bytes(); }
};

// ONNX's own operators have no such attribute, whatever a node says.
kernels::ChannelOrder OrderOf(const onnx::NodeProto& node, const Attributes& attributes) {
  const bool own = node.domain().empty() || node.domain() == "ai.onnx";
  return !own && attributes.Int("channels_last", 0) != 0 ? kernels::ChannelOrder::kLast
                                                         : kernels::ChannelOrder::kFirst;
}

void Pack(const kernels::ConvShape& shape, kernels::ChannelOrder order, const Tensor& w,
          const std::vector<int32_t>& zeros, void* packed) {
  kernels::I8ConvWeights weights;
  weights.data = w.raw();
  weights.is_signed = w.dtype() == DType::kInt8;
  weights.zero = zeros.data();
  weights.zero_stride = zeros.size() == 1 ? 0 : 1;
  kernels::I8ConvPack(shape, order, weights, packed);
}

}  // namespace

std::unique_ptr<OpState> PrepareI8Conv(PrepareContext& c, int w, int w_zero) {
  const Tensor* weights = c.Constant(w);
  const bool has_zero = w_zero < c.input_count() && !c.node().input(w_zero).empty();
  const Tensor* zero = has_zero ? c.Constant(w_zero) : nullptr;
  const int64_t groups = c.attributes().Int("group", 1);
  if (weights == nullptr || (has_zero && zero == nullptr) || weights->rank() < 3 ||
      weights->rank() > 5 || weights->count() == 0 || groups < 1 ||
      weights->dim(1) > kMostPositions / groups || !IsByte(weights->dtype()) ||
      (zero != nullptr && !IsByte(zero->dtype()))) {
    return nullptr;  // compute() says what is wrong
  }
  const std::vector<int32_t> zeros = ZeroPoints(zero);
  const Shape& dims = weights->shape();
  if ((zeros.size() != 1 && zeros.size() != Size(dims[0])) || dims[0] % groups != 0) {
    return nullptr;
  }
  // Packing looks at channels, groups and window only.
  kernels::ConvShape shape;
  shape.groups = Size(groups);
  shape.out_channels = Size(dims[0]);
  shape.in_channels = Size(dims[1] * groups);
  for (size_t i = 2; i < dims.size(); ++i) shape.kernel[5 - dims.size() + i - 2] = Size(dims[i]);
  const kernels::ChannelOrder order = OrderOf(c.node(), c.attributes());
  auto state = std::make_unique<State>();
  state->shape = dims;
  state->packed = PackedTensor(DType::kUint8, kernels::I8ConvPackedBytes(shape, order));
  Pack(shape, order, *weights, zeros, state->packed.mutable_raw());
  c.Release(w);
  return state;
}

I8Conv::I8Conv(OpContext& c, int x, int w, int w_zero)
    : c_(c), x_(x), is_signed_(IsSignedByte(c, x)), order_(OrderOf(c.node(), c.attributes())) {
  const auto* state = static_cast<const State*>(c.state());
  const bool last = order_ == kernels::ChannelOrder::kLast;
  const Shape& given = c.Input(x).shape();
  geometry_ = MakeConv(c, last ? ChannelsFirst(c, given) : given,
                       state ? state->shape : c.Input(w).shape());
  if (last) geometry_.out = ChannelsLast(geometry_.out);
  if (state) {
    packed_ = state->packed.raw();
    return;
  }
  IsSignedByte(c, w);
  if (c.Optional(w_zero) != nullptr) IsSignedByte(c, w_zero);
  const std::vector<int32_t> zeros = ZeroPoints(c.Optional(w_zero));
  if (zeros.size() != 1) CheckByChannel(c, w_zero, geometry_.shape.out_channels);
  void* packed = c.Scratch(kernels::I8ConvPackedBytes(geometry_.shape, order_)).data();
  Pack(geometry_.shape, order_, c.Input(w), zeros, packed);
  packed_ = packed;
}

void I8Conv::Run(int32_t x_zero, void* y, const kernels::I8GemmEpilogue& epilogue) {
  void* scratch = c_.Scratch(kernels::I8ConvScratchBytes(geometry_.shape, order_)).data();
  kernels::I8Conv(geometry_.shape, order_, c_.Input(x_).raw(), is_signed_, x_zero, packed_, y,
                  scratch, epilogue);
}

void CheckByChannel(const OpContext& c, int i, size_t channels) {
  const Tensor& input = c.Input(i);
  if (input.count() == 1 || Size(input.count()) == channels) return;
  c.Invalid("input " + std::to_string(i) + " has shape " + ToString(input.shape()) +
            ", expected a scalar or one value for each of '" + std::to_string(channels) +
            "' output channels.");
}

}  // namespace quantab
