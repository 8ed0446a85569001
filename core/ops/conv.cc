// Conv (ai.onnx): 1-D to 3-D convolution, channels first; its forms
//
//   com.microsoft.FusedConv      y = activation(conv(x) + z), z optional
//   com.microsoft.NhwcFusedConv  the same with x, z and y channels last; NhwcConv has neither z nor
//                                activation
//   quantab.ClampedConv          made by lowering only: clamp(conv(x) + z, min, max), z optional
//                                (input 3) and broadcast, 'min' and 'max' attributes
#include <algorithm>
#include <map>

#include "core/base/parallel.h"
#include "core/kernels/elementwise/elementwise.h"
#include "core/kernels/f32_conv/f32_conv.h"
#include "core/kernels/f32_winograd/f32_winograd.h"
#include "core/kernels/transpose/transpose.h"
#include "core/ops/broadcast.h"
#include "core/ops/conv_shape.h"
#include "core/ops/half.h"

namespace quantab {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Constant weights at the points of f32_winograd, made by the first run of a shape for which that
// pays.
struct State : OpState {
  Tensor points;
  size_t bytes() const override { return points.exists() ? points.bytes() : 0; }
};

std::unique_ptr<OpState> Prepare(PrepareContext& c) {
  const Tensor* w = c.Constant(1);
  const bool square = w != nullptr && w->dtype() == DType::kFloat && w->rank() == 4 &&
                      w->dim(2) == 3 && w->dim(3) == 3;
  return square ? std::make_unique<State>() : nullptr;
}

// False when another kernel should run.
bool RunAtPoints(OpContext& c, const kernels::ConvShape& shape, const float* x, const float* w,
                 const float* bias, float* y, float min, float max) {
  auto* state = static_cast<State*>(c.state());
  if (state == nullptr || !kernels::F32WinogradPays(shape)) return false;
  const size_t in = shape.in_channels, out = shape.out_channels;
  if (!state->points.exists()) {
    state->points = PackedTensor(DType::kFloat, kernels::F32WinogradPackedBytes(out, in));
    kernels::F32WinogradPack(out, in, w, state->points.mutable_data<float>());
  }
  void* scratch = c.Scratch(kernels::F32WinogradScratchBytes(shape)).data();
  kernels::F32Winograd(shape, x, state->points.data<float>(), bias, y, scratch, min, max);
  return true;
}

// Convolves `x`, channels first, with inputs 1 and 2.
void Run(OpContext& c, const ConvGeometry& g, const float* x, float* y, float min = -kInfinity,
         float max = kInfinity) {
  const float* w = FloatInput(c, 1);
  const float* bias = nullptr;
  if (c.Optional(2) != nullptr) {
    bias = FloatInput(c, 2);
    CheckConvBias(c, 2, g);
  }
  if (RunAtPoints(c, g.shape, x, w, bias, y, min, max)) return;
  void* scratch = c.Scratch(kernels::F32ConvScratchBytes(g.shape)).data();
  kernels::F32Conv(g.shape, x, w, bias, y, scratch, min, max);
}

void Compute(OpContext& c) {
  const float* x = FloatInput(c, 0);
  FloatInput(c, 1);
  const ConvGeometry g = MakeConv(c, c.Input(0).shape(), c.Input(1).shape());
  Run(c, g, x, c.Output(0, DType::kFloat, g.out).mutable_data<float>());
}

// y = clamp(y + z, min, max): while a piece of both is in the first-level cache.
void AddAndClamp(size_t count, const float* z, float min, float max, float* y) {
  constexpr size_t kPiece = 2048, kStepsOfAPiece = 4 * kPiece;
  ParallelFor(kernels::DivideUp(count, kPiece), GrainFor(kStepsOfAPiece),
              [&](size_t begin, size_t end) {
                for (; begin < end; ++begin) {
                  const size_t first = begin * kPiece, n = std::min(kPiece, count - first);
                  float* to = y + first;
                  kernels::Binary(kernels::BinaryOp::kAdd, 1, n, to, n, 1, z + first, n, 1, to);
                  if (min == -kInfinity && max == kInfinity) continue;
                  kernels::Unary(kernels::UnaryOp::kClip, n, to, to, min, max);
                }
              });
}

void ComputeClamped(OpContext& c) {
  const float* x = FloatInput(c, 0);
  FloatInput(c, 1);
  const float min = c.attributes().Float("min", -kInfinity);
  const float max = c.attributes().Float("max", kInfinity);
  const ConvGeometry g = MakeConv(c, c.Input(0).shape(), c.Input(1).shape());
  if (c.Optional(3) == nullptr) {
    return Run(c, g, x, c.Output(0, DType::kFloat, g.out).mutable_data<float>(), min, max);
  }
  const float* z = FloatInput(c, 3);
  if (c.Input(3).shape() == g.out) {
    Tensor& y = c.Output(0, DType::kFloat, g.out);
    Run(c, g, x, y.mutable_data<float>());
    return AddAndClamp(Size(y.count()), z, min, max, y.mutable_data<float>());
  }
  float* products = c.ScratchOf<float>(Size(ElementCount(g.out)));
  Run(c, g, x, products);
  const BroadcastPlan plan = PlanBroadcast(c, g.out, c.Input(3).shape());
  Tensor& y = c.Output(0, DType::kFloat, plan.out);
  float* out = y.mutable_data<float>();
  BroadcastMap(plan, products, z, out, [](float a, float b) { return a + b; });
  kernels::Unary(kernels::UnaryOp::kClip, Size(y.count()), out, out, min, max);
}

// Adds input 3 to `y`, if it is there.
void AddSum(OpContext& c, Tensor& y) {
  if (c.Optional(3) == nullptr) return;
  const float* z = FloatInput(c, 3);
  if (c.Input(3).shape() != y.shape()) {
    c.Invalid("input 3 has shape " + ToString(c.Input(3).shape()) + ", expected " +
              ToString(y.shape()) + ".");
  }
  const size_t count = Size(y.count());
  float* out = y.mutable_data<float>();
  kernels::Binary(kernels::BinaryOp::kAdd, 1, count, out, count, 1, z, count, 1, out);
}

// Applies the function that attributes 'activation' and 'activation_params' say, if any.
void Activate(const OpContext& c, Tensor& y) {
  using kernels::UnaryOp;
  struct Function {
    UnaryOp op;
    size_t params;
  };
  static const std::map<std::string, Function> kFunctions = {
      {"Relu", {UnaryOp::kRelu, 0}},           {"Sigmoid", {UnaryOp::kSigmoid, 0}},
      {"Tanh", {UnaryOp::kTanh, 0}},           {"Silu", {UnaryOp::kSilu, 0}},
      {"HardSwish", {UnaryOp::kHardSwish, 0}}, {"LeakyRelu", {UnaryOp::kLeakyRelu, 1}},
      {"Clip", {UnaryOp::kClip, 2}},           {"HardSigmoid", {UnaryOp::kHardSigmoid, 2}}};
  const std::string name = c.attributes().String("activation", "");
  if (name.empty()) return;
  const auto found = kFunctions.find(name);
  if (found == kFunctions.end()) c.Unsupported("activation '" + name + "' is not supported.");
  const Function& function = found->second;
  std::vector<float> params = c.attributes().Floats("activation_params");
  if (function.params > 0 && params.size() != function.params) {
    c.Invalid("attribute 'activation_params' has " + std::to_string(params.size()) +
              " values, expected " + std::to_string(function.params) + ".");
  }
  params.resize(2, 0.0f);
  const float alpha = function.op == UnaryOp::kSilu ? 1.0f : params[0];
  float* out = y.mutable_data<float>();
  kernels::Unary(function.op, Size(y.count()), out, out, alpha, params[1]);
}

void ComputeFused(OpContext& c) {
  const float* x = FloatInput(c, 0);
  FloatInput(c, 1);
  const ConvGeometry g = MakeConv(c, c.Input(0).shape(), c.Input(1).shape());
  Tensor& y = c.Output(0, DType::kFloat, g.out);
  Run(c, g, x, y.mutable_data<float>());
  AddSum(c, y);
  Activate(c, y);
}

void ComputeNhwc(OpContext& c) {
  const float* x = FloatInput(c, 0);
  FloatInput(c, 1);
  Shape in = c.Input(0).shape();
  if (in.size() < 3) c.Invalid("input 0 has shape " + ToString(in) + ", expected rank 3 or more.");
  std::rotate(in.begin() + 1, in.end() - 1, in.end());
  const ConvGeometry g = MakeConv(c, in, c.Input(1).shape());
  const size_t batch = g.shape.batch, in_pixels = g.shape.InPixels(),
               out_pixels = g.shape.OutPixels();
  const size_t in_channels = g.shape.in_channels, out_channels = g.shape.out_channels;
  float* planes = c.ScratchOf<float>(batch, in_channels, in_pixels);
  for (size_t b = 0; b < batch; ++b) {
    const size_t at = b * in_channels * in_pixels;
    kernels::Transpose2D(in_pixels, in_channels, sizeof(float), x + at, in_channels, planes + at,
                         in_pixels);
  }
  float* results = c.ScratchOf<float>(batch, out_channels, out_pixels);
  Run(c, g, planes, results);
  Shape out = g.out;
  std::rotate(out.begin() + 1, out.begin() + 2, out.end());
  Tensor& y = c.Output(0, DType::kFloat, out);
  for (size_t b = 0; b < batch; ++b) {
    const size_t at = b * out_channels * out_pixels;
    kernels::Transpose2D(out_channels, out_pixels, sizeof(float), results + at, out_pixels,
                         y.mutable_data<float>() + at, out_channels);
  }
  AddSum(c, y);
  Activate(c, y);
}

}  // namespace

QUANTAB_REGISTER(ops, conv) {
  const auto add = [&r](std::string_view name, std::string_view domain,
                        void (*compute)(OpContext&)) {
    r.Add({.name = name, .domain = domain, .prepare = InFloat<Prepare>, .compute = compute});
  };
  add("Conv", "", InFloat<Compute>);
  add("ClampedConv", "quantab", InFloat<ComputeClamped>);
  add("FusedConv", "com.microsoft", InFloat<ComputeFused>);
  add("NhwcFusedConv", "com.microsoft", InFloat<ComputeNhwc>);
  add("NhwcConv", "com.microsoft", InFloat<ComputeNhwc>);
}

}  // namespace quantab
