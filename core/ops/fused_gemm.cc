// FusedGemm (com.microsoft): y = activation(gemm(a, b, c)). The activation is an operator of
// ai.onnx whose attributes alpha, beta and gamma are activation_alpha, activation_beta,
// activation_gamma.
#include <algorithm>
#include <array>

#include "core/onnx/model.h"
#include "core/ops/float_call.h"
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

constexpr std::array kActivations = {"Celu",     "Elu",  "HardSigmoid",    "LeakyRelu",
                                     "Relu",     "Selu", "Sigmoid",        "Softplus",
                                     "Softsign", "Tanh", "ThresholdedRelu"};

// The opset whose definitions of Gemm and the activations are meant.
constexpr int64_t kOpset = 13;

void Compute(OpContext& c) {
  const std::string activation = c.attributes().String("activation", "");
  if (std::find(kActivations.begin(), kActivations.end(), activation) == kActivations.end()) {
    c.Unsupported("activation '" + activation + "' is not supported.");
  }
  std::vector<Tensor> inputs;
  for (int i = 0; i < 3; ++i) {
    inputs.push_back(c.Optional(i) == nullptr ? Tensor() : *c.Optional(i));
  }
  Tensor y = CallFloat("Gemm", kOpset, c.node(), c.attributes(), std::move(inputs));
  onnx::NodeProto node;
  node.set_op_type(activation);
  for (const char* name : {"alpha", "beta", "gamma"}) {
    const std::string from = std::string("activation_") + name;
    if (!c.attributes().Has(from)) continue;
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::FLOAT);
    attribute.set_f(c.attributes().Float(from, 0));
  }
  const Model model;
  c.SetOutput(0, CallFloat(activation, kOpset, node, Attributes(model, node), {std::move(y)}));
}

}  // namespace

QUANTAB_REGISTER(ops, fused_gemm) {
  r.Add({.name = "FusedGemm", .domain = "com.microsoft", .compute = InFloat<Compute>});
}

}  // namespace quantab
