#include "core/quant/matmul_nbits.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "core/base/error.h"
#include "core/graph/graph_edit.h"
#include "core/graph/graph_view.h"
#include "core/quant/block_codes.h"
#include "core/quant/finish.h"
#include "core/quant/restore_rank.h"
#include "core/quant/select.h"
#include "core/quant/upgrade_opset.h"
#include "core/quant/weight_only.h"
#include "core/tensor/whole_blob.h"

namespace quantab {
namespace {

constexpr int64_t kFirstWithInt4 = 21;    // operator set
constexpr int64_t kFirstIrWithInt4 = 10;  // of those with integers of 4 bits
constexpr char kMicrosoft[] = "com.microsoft";

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool IsQdq(const MatMulNBitsOptions& options) { return options.quant_format == "QDQ"; }

// GatherBlockQuantized has one form.
bool CanHaveTables(const MatMulNBitsOptions& options) {
  return !IsQdq(options) && options.bits == 4;
}

// The types that options.op_types_to_quantize means.
std::vector<std::string> TypesOf(const MatMulNBitsOptions& options) {
  return options.op_types_to_quantize.empty() ? std::vector<std::string>{"MatMul"}
                                              : options.op_types_to_quantize;
}

void CheckOptions(const MatMulNBitsOptions& options) {
  CheckBlockSize(options.block_size);
  if (options.bits != 2 && options.bits != 4 && options.bits != 8) {
    ThrowInvalidArgument("'bits' is " + std::to_string(options.bits) + ". Choose 2, 4 or 8.");
  }
  if (!IsQdq(options) && options.quant_format != "QOperator") {
    ThrowInvalidArgument("'quant_format' is '" + options.quant_format +
                         "'. Choose 'QOperator' or 'QDQ'.");
  }
  if (IsQdq(options) && options.bits != 4) {
    ThrowInvalidArgument("'quant_format' QDQ is for 'bits' 4, but 'bits' is " +
                         std::to_string(options.bits) + ". Choose 'quant_format' QOperator.");
  }
  const int64_t level = options.accuracy_level.value_or(0);
  if (level < 0 || level > 4) {
    ThrowInvalidArgument("'accuracy_level' is " + std::to_string(level) +
                         ". Choose 1 to 4, or 0 for none.");
  }
  for (const std::string& type : TypesOf(options)) {
    if (type == "MatMul") continue;
    if (type != "Gather") {
      ThrowInvalidArgument("'op_types_to_quantize' names '" + type +
                           "', whose weights cannot be quantized alone. Choose from 'MatMul' and "
                           "'Gather'.");
    }
    if (!CanHaveTables(options)) {
      ThrowInvalidArgument(
          "'op_types_to_quantize' names 'Gather', which needs 'quant_format' QOperator and 'bits' "
          "4. Choose these, or MatMul alone.");
    }
  }
  for (const auto& [type, axis] : options.quant_axes) {
    if (type != "Gather" && !(type == "MatMul" && axis == 0)) {
      ThrowInvalidArgument("'quant_axes' has " + std::to_string(axis) + " for '" + type +
                           "', but only Gather's blocks may lie along another axis. Leave it out.");
    }
  }
}

class NBitsRewriter {
 public:
  // `source` is the model as it was given, whose nodes the options name.
  NBitsRewriter(const Model& source, Model& model, const MatMulNBitsOptions& options,
                const OnlyNodes& only, Monitor* monitor)
      : options_(options),
        types_(TypesOf(options)),
        exclude_(source, "nodes_to_exclude", options.nodes_to_exclude),
        include_(source, "nodes_to_include", options.nodes_to_include),
        suffix_("_Q" + std::to_string(options.bits)),
        rewriter_(model, only, monitor) {}

  void Run() {
    rewriter_.Run([&](const onnx::NodeProto& node) { return Rewrite(node); });
  }

 private:
  // The initializers of a weight; none where it cannot be quantized.
  struct Names {
    std::string codes, scales, zeros;
  };
  using Constant = WeightOnlyRewriter::Constant;

  bool Rewrite(const onnx::NodeProto& node) {
    if (!CanonicalDomain(node.domain()).empty() || node.input_size() != 2 ||
        exclude_.Contains(node) || !(Contains(types_, node.op_type()) || include_.Contains(node))) {
      return false;
    }
    if (node.op_type() == "MatMul") return RewriteMatMul(node);
    return node.op_type() == "Gather" && CanHaveTables(options_) && RewriteGather(node);
  }

  bool RewriteMatMul(const onnx::NodeProto& node) {
    const auto constant = rewriter_.FindConstant(node.input(1));
    if (!constant || !HasFloats(*constant->tensor)) return false;
    const Shape shape = ShapeOf(*constant->tensor);
    if (shape.size() < 2 ||
        std::any_of(shape.begin(), shape.end() - 2, [](int64_t size) { return size != 1; })) {
      return false;
    }
    const std::optional<int> rank =
        shape.size() > 2 ? rewriter_.DeclaredRank(node.input(0)) : std::nullopt;
    const bool reshape = shape.size() > 2 && (!rank || static_cast<size_t>(*rank) < shape.size());
    if (reshape && OpsetVersion(rewriter_.model().proto) < kFirstWithRankRestoring) {
      Warn(rewriter_.monitor(), "Tensor '" + node.input(1) +
                                    "' stays in float: what restores the shape of its product "
                                    "needs operator set 12. Pre-process the model with "
                                    "'opset_version'.");
      return false;
    }
    const int64_t rows = shape[shape.size() - 2], columns = shape.back();
    const Names& names = Quantized(*constant, "MatMul", rows, columns, 0);
    if (names.codes.empty()) return false;
    const std::string product =
        reshape ? rewriter_.scope().FreshValue(node.output(0) + "_pre_reshape") : node.output(0);
    const std::string form = IsQdq(options_) ? "_DQ" + suffix_ : suffix_;
    if (IsQdq(options_)) {
      AddDequantized(node, names, product);
    } else {
      AddMatMulNBits(node, names, rows, columns, product);
    }
    if (reshape) {
      const std::string prefix = (node.name().empty() ? node.input(1) : node.name()) + form;
      AddRankRestoring(rewriter_, *constant->owner,
                       {.activation = node.input(0),
                        .rank = static_cast<int64_t>(shape.size()),
                        .columns = columns,
                        .prefix = prefix,
                        .product = product,
                        .output = node.output(0)});
    }
    return true;
  }

  void AddMatMulNBits(const onnx::NodeProto& node, const Names& names, int64_t rows,
                      int64_t columns, const std::string& product) {
    onnx::NodeProto& made =
        rewriter_.Add("MatMulNBits", InputsOf({node.input(0), names.codes, names.scales}, names),
                      {product}, NameWith(node, suffix_), kMicrosoft);
    SetIntAttribute(made, "K", rows);
    SetIntAttribute(made, "N", columns);
    if (const int64_t level = options_.accuracy_level.value_or(0); level != 0) {
      SetIntAttribute(made, "accuracy_level", level);
    }
    SetIntAttribute(made, "bits", options_.bits);
    SetIntAttribute(made, "block_size", options_.block_size);
  }

  // DequantizeLinear, unless one of that weight is there already, and MatMul.
  void AddDequantized(const onnx::NodeProto& node, const Names& names, const std::string& product) {
    const QuantizedValue* known = nullptr;
    for (DynamicScope* s = &rewriter_.scope(); s != nullptr && known == nullptr; s = s->outer) {
      const auto found = s->quantized.find(names.codes);
      if (found != s->quantized.end()) known = &found->second;
    }
    DynamicScope& scope = rewriter_.scope();
    if (known == nullptr) {
      const std::string output = scope.FreshValue(names.codes + "_output");
      onnx::NodeProto& made =
          rewriter_.Add("DequantizeLinear", InputsOf({names.codes, names.scales}, names), {output},
                        NameWith(node, "_DQ" + suffix_));
      SetIntAttribute(made, "axis", 0);
      SetIntAttribute(made, "block_size", options_.block_size);
      known =
          &(scope.quantized[names.codes] = {
                .quantized = output, .scale = names.scales, .zero_point = names.zeros, .axis = {}});
    }
    rewriter_.Add("MatMul", {node.input(0), known->quantized}, {product},
                  NameWith(node, "_matmul" + suffix_));
  }

  bool RewriteGather(const onnx::NodeProto& node) {
    const auto constant = rewriter_.FindConstant(node.input(0));
    if (!constant || !HasFloats(*constant->tensor)) return false;
    const Shape shape = ShapeOf(*constant->tensor);
    const int64_t rank = static_cast<int64_t>(shape.size());
    const auto given = options_.quant_axes.find("Gather");
    const bool is_given = given != options_.quant_axes.end();
    int64_t axis = is_given ? given->second : 1;
    if (is_given && (axis < -rank || axis >= rank)) {
      ThrowInvalidArgument("'quant_axes' has " + std::to_string(axis) + " for 'Gather', but '" +
                           node.input(0) + "' has " + std::to_string(rank) +
                           " dimensions. Choose another axis, or exclude what reads that tensor.");
    }
    if (axis < 0) axis += rank;
    if (rank != 2) {
      Warn(rewriter_.monitor(), "Tensor '" + node.input(0) +
                                    "' stays in float: only tables of 2 dimensions are quantized.");
      return false;
    }
    const Names& names = Quantized(*constant, "Gather", shape[0], shape[1], axis);
    if (names.codes.empty()) return false;
    onnx::NodeProto& made = rewriter_.Add(
        "GatherBlockQuantized", InputsOf({names.codes, node.input(1), names.scales}, names),
        {node.output(0)}, NameWith(node, suffix_), kMicrosoft);
    SetIntAttribute(made, "block_size", options_.block_size);
    SetIntAttribute(made, "gather_axis", IntAttribute(node, "axis", 0));
    SetIntAttribute(made, "quantize_axis", axis);
    // A node may be included by its name alone.
    rewriter_.RequireIrVersion(kFirstIrWithInt4);
    return true;
  }

  static std::string NameWith(const onnx::NodeProto& node, const std::string& suffix) {
    return node.name().empty() ? "" : node.name() + suffix;
  }

  // `first`, and the zero points where there are some.
  static std::vector<std::string> InputsOf(std::vector<std::string> first, const Names& names) {
    if (!names.zeros.empty()) first.push_back(names.zeros);
    return first;
  }

  static bool HasFloats(const onnx::TensorProto& tensor) {
    const DType type = TypeOf(tensor);
    const auto& dims = tensor.dims();
    return (type == DType::kFloat || type == DType::kFloat16) &&
           std::all_of(dims.begin(), dims.end(), [](int64_t size) { return size > 0; });
  }

  // The initializers for operators of `op_type`, made at the first call.
  const Names& Quantized(const Constant& constant, const std::string& op_type, int64_t rows,
                         int64_t columns, int64_t axis) {
    CheckFitsMemory(static_cast<uint64_t>(rows) * static_cast<uint64_t>(columns));
    const auto [known, is_new] = made_.try_emplace({constant.tensor, op_type});
    if (!is_new) return known->second;
    const bool gather = op_type == "Gather";
    const BlockRules rules{.bits = static_cast<int>(options_.bits),
                           .block_size = options_.block_size,
                           .axis = axis,
                           .symmetric = options_.is_symmetric,
                           .real = TypeOf(*constant.tensor),
                           .arithmetic = gather            ? BlockArithmetic::kGatherBlockQuantized
                                         : IsQdq(options_) ? BlockArithmetic::kDequantizeLinear
                                                           : BlockArithmetic::kMatMulNBits};
    const BlobPtr source = BytesOf(rewriter_.model(), *constant.tensor);
    auto params = FindBlockParams(*source, rows, columns, rules);
    if (!params) {
      Warn(rewriter_.monitor(), "Tensor '" + constant.tensor->name() +
                                    "' has elements that are not finite; it stays in float.");
      return known->second;
    }
    WeightOnlyRewriter::RemoveInput(constant);
    const auto shared = std::make_shared<const BlockParams>(*std::move(params));
    known->second = gather || IsQdq(options_) ? InOrder(constant, source, shared)
                                              : ByColumn(constant, source, shared);
    return known->second;
  }

  // Of DequantizeLinear and GatherBlockQuantized.
  Names InOrder(const Constant& constant, const BlobPtr& source, const BlockParamsPtr& params) {
    const std::string name = constant.tensor->name() + (IsQdq(options_) ? "_DQ" : "");
    const DType type = options_.is_symmetric ? DType::kInt4 : DType::kUint4;
    const Shape shape = params->rules.axis == 0 ? Shape{params->blocks(), params->cols}
                                                : Shape{params->rows, params->blocks()};
    Names names;
    names.codes = rewriter_.AddTensor(*constant.owner, name + suffix_, type,
                                      {params->rows, params->cols}, BlockCodes(source, params));
    names.scales = rewriter_.AddTensor(*constant.owner, name + "_scales", params->rules.real, shape,
                                       BlockScales(*params));
    if (!options_.is_symmetric) {
      names.zeros = rewriter_.AddTensor(*constant.owner, name + "_zero_points", type, shape,
                                        BlockZeros(*params));
    }
    return names;
  }

  // Of MatMulNBits.
  Names ByColumn(const Constant& constant, const BlobPtr& source, const BlockParamsPtr& params) {
    const std::string name = constant.tensor->name();
    const int64_t blocks = params->blocks(), bits = options_.bits;
    Names names;
    names.codes = rewriter_.AddTensor(*constant.owner, name + suffix_, DType::kUint8,
                                      {params->cols, blocks, options_.block_size * bits / 8},
                                      ColumnCodes(source, params));
    names.scales = rewriter_.AddTensor(*constant.owner, name + "_scales", params->rules.real,
                                       {params->cols, blocks}, ColumnScales(*params));
    if (!options_.is_symmetric) {
      names.zeros =
          rewriter_.AddTensor(*constant.owner, name + "_zero_points", DType::kUint8,
                              {params->cols, (blocks * bits + 7) / 8}, ColumnZeros(*params));
    }
    return names;
  }

  const MatMulNBitsOptions& options_;
  const std::vector<std::string> types_;
  const NodeSet exclude_, include_;
  const std::string suffix_;
  WeightOnlyRewriter rewriter_;
  std::map<std::pair<const onnx::TensorProto*, std::string>, Names> made_;
};

}  // namespace

std::vector<const onnx::NodeProto*> NodesAskedFor(const Model& model,
                                                  const MatMulNBitsOptions& options) {
  const std::vector<std::string> types = TypesOf(options);
  const NodeSet exclude(model, "nodes_to_exclude", options.nodes_to_exclude);
  const NodeSet include(model, "nodes_to_include", options.nodes_to_include);
  const GraphView view(model.proto.graph());
  std::vector<const onnx::NodeProto*> nodes;
  for (const onnx::NodeProto& node : view.graph().node()) {
    const bool asked = Contains(types, node.op_type()) || include.Contains(node);
    if (!asked || exclude.Contains(node)) continue;
    const bool table = node.op_type() == "Gather" && CanHaveTables(options);
    if (node.op_type() != "MatMul" && !table) continue;
    const int weight = table ? 0 : 1;
    if (node.input_size() == 2 && view.Initializer(node.input(weight)) != nullptr) {
      nodes.push_back(&node);
    }
  }
  return nodes;
}

Model QuantizeMatMulNBits(const Model& model, const MatMulNBitsOptions& options, Monitor* monitor,
                          const OnlyNodes& only) {
  return Guard([&] {
    CheckOptions(options);
    Model quantized = model;
    if (!IsQdq(options)) ImportMicrosoft(quantized.proto);
    if (IsQdq(options) || Contains(TypesOf(options), "Gather")) {
      OpsetUpgrade(quantized, monitor).To(kFirstWithInt4, "which integers of 4 bits need");
      RaiseIrVersion(quantized.proto, kFirstIrWithInt4);
      // Not what the conversion inferred.
      DeclareValues(quantized, model.proto.graph());
    }
    NBitsRewriter(model, quantized, options, only, monitor).Run();
    return quantized;
  });
}

}  // namespace quantab
