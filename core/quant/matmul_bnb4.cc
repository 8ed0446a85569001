#include "core/quant/matmul_bnb4.h"

#include <map>
#include <string>

#include "core/base/error.h"
#include "core/graph/graph_edit.h"
#include "core/quant/bnb4_weight.h"
#include "core/quant/finish.h"
#include "core/quant/matmul_nbits.h"
#include "core/quant/select.h"
#include "core/quant/weight_only.h"

namespace quantab {
namespace {

Bnb4Type TypeNamed(const std::string& name) {
  if (name == "FP4") return Bnb4Type::kFp4;
  if (name == "NF4") return Bnb4Type::kNf4;
  ThrowInvalidArgument("'quant_type' is '" + name + "'. Choose 'NF4' or 'FP4'.");
}

class Bnb4Rewriter {
 public:
  Bnb4Rewriter(Model& model, const MatMulBnb4Options& options, const OnlyNodes& only,
               Monitor* monitor)
      : options_(options),
        type_(TypeNamed(options.quant_type)),
        exclude_(model, "nodes_to_exclude", options.nodes_to_exclude),
        rewriter_(model, only, monitor) {
    CheckBlockSize(options.block_size);
  }

  void Run() {
    rewriter_.Run([&](const onnx::NodeProto& node) { return Rewrite(node); });
  }

 private:
  struct Names {
    std::string codes, magnitudes;  // none where the weight cannot be quantized
  };

  bool Rewrite(const onnx::NodeProto& node) {
    if (node.op_type() != "MatMul" || !CanonicalDomain(node.domain()).empty() ||
        node.input_size() != 2 || exclude_.Contains(node)) {
      return false;
    }
    const auto constant = rewriter_.FindConstant(node.input(1));
    if (!constant) return false;
    const Shape shape = ShapeOf(*constant->tensor);
    const DType type = TypeOf(*constant->tensor);
    if (shape.size() != 2 || shape[0] < 1 || shape[1] < 1 ||
        (type != DType::kFloat && type != DType::kFloat16)) {
      return false;
    }
    const Names& names = Quantized(*constant, shape, type);
    if (names.codes.empty()) return false;
    onnx::NodeProto& made = rewriter_.Add(
        "MatMulBnb4", {node.input(0), names.codes, names.magnitudes}, {node.output(0)},
        node.name().empty() ? "" : node.name() + "_Bnb4", "com.microsoft");
    SetIntAttribute(made, "K", shape[0]);
    SetIntAttribute(made, "N", shape[1]);
    SetIntAttribute(made, "block_size", options_.block_size);
    SetIntAttribute(made, "quant_type", static_cast<int64_t>(type_));
    return true;
  }

  const Names& Quantized(const WeightOnlyRewriter::Constant& constant, const Shape& shape,
                         DType type) {
    const auto [known, is_new] = made_.try_emplace(constant.tensor);
    if (!is_new) return known->second;
    const std::string name = constant.tensor->name();
    const auto weight = QuantizeBnb4(BytesOf(rewriter_.model(), *constant.tensor), shape[0],
                                     shape[1], options_.block_size, type_, type);
    if (!weight) {
      Warn(rewriter_.monitor(),
           "Tensor '" + name + "' has elements that are not finite; it stays in float.");
      return known->second;
    }
    const int64_t count = shape[0] * shape[1];
    WeightOnlyRewriter::RemoveInput(constant);
    known->second.codes = rewriter_.AddTensor(*constant.owner, name + "_Bnb4", DType::kUint8,
                                              {count / 2 + count % 2}, weight->codes);
    known->second.magnitudes = rewriter_.AddTensor(*constant.owner, name + "_absmax", type,
                                                   {weight->blocks}, weight->magnitudes);
    return known->second;
  }

  const MatMulBnb4Options& options_;
  const Bnb4Type type_;
  const NodeSet exclude_;
  WeightOnlyRewriter rewriter_;
  std::map<const onnx::TensorProto*, Names> made_;
};

}  // namespace

std::vector<const onnx::NodeProto*> NodesAskedFor(const Model& model,
                                                  const MatMulBnb4Options& options) {
  return NodesAskedFor(model, MatMulNBitsOptions{.nodes_to_exclude = options.nodes_to_exclude});
}

Model QuantizeMatMulBnb4(const Model& model, const MatMulBnb4Options& options, Monitor* monitor,
                         const OnlyNodes& only) {
  return Guard([&] {
    Model quantized = model;
    ImportMicrosoft(quantized.proto);
    Bnb4Rewriter(quantized, options, only, monitor).Run();
    return quantized;
  });
}

}  // namespace quantab
