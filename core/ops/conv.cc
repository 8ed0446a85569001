// Conv (ai.onnx): 1-D to 3-D convolution, channels first; and, made by lowering only,
// quantab.ClampedConv with attributes 'min' and 'max', which limit its results.
#include "core/kernels/f32_conv/f32_conv.h"
#include "core/ops/conv_shape.h"
#include "core/ops/half.h"

namespace quantab {
namespace {

void Run(OpContext& c, float min, float max) {
  const float* x = FloatInput(c, 0);
  const float* w = FloatInput(c, 1);
  const ConvGeometry g = MakeConv(c, c.Input(0).shape(), c.Input(1).shape());
  const float* bias = nullptr;
  if (c.Optional(2) != nullptr) {
    bias = FloatInput(c, 2);
    CheckConvBias(c, 2, g);
  }
  float* y = c.Output(0, DType::kFloat, g.out).mutable_data<float>();
  void* scratch = c.Scratch(kernels::F32ConvScratchBytes(g.shape)).data();
  kernels::F32Conv(g.shape, x, w, bias, y, scratch, min, max);
}

constexpr float kInfinity = std::numeric_limits<float>::infinity();

void Compute(OpContext& c) { Run(c, -kInfinity, kInfinity); }

void ComputeClamped(OpContext& c) {
  Run(c, c.attributes().Float("min", -kInfinity), c.attributes().Float("max", kInfinity));
}

}  // namespace

QUANTAB_REGISTER(ops, conv) {
  r.Add({.name = "Conv", .compute = InFloat<Compute>});
  r.Add({.name = "ClampedConv", .domain = "quantab", .compute = InFloat<ComputeClamped>});
}

}  // namespace quantab
