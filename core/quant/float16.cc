#include "core/quant/float16.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "core/base/error.h"
#include "core/graph/graph_edit.h"
#include "core/graph/name_nodes.h"
#include "core/graph/sort_nodes.h"
#include "core/onnx/official.h"
#include "core/onnx/order.h"
#include "core/quant/float16_layouts.h"
#include "core/quant/float16_plan.h"
#include "core/quant/float16_rewrite.h"
#include "core/quant/float16_types.h"
#include "core/quant/float16_values.h"

namespace quantab {
namespace {

enum class Variant { kQuantab, kOnnxRuntime, kOnnxConverter };

Variant VariantOf(const std::string& name) {
  if (name == "quantab") return Variant::kQuantab;
  if (name == "onnxruntime") return Variant::kOnnxRuntime;
  if (name == "onnxconverter_common") return Variant::kOnnxConverter;
  ThrowInvalidArgument("Option 'variant' is '" + Shorten(name) +
                       "', expected 'quantab', 'onnxruntime' or 'onnxconverter_common'.");
}

// Operators without float16 in most runtimes.
std::set<std::string> DefaultBlockList(Variant variant) {
  std::set<std::string> list = {"ArrayFeatureExtractor",
                                "Binarizer",
                                "CastMap",
                                "CategoryMapper",
                                "CumSum",
                                "DictVectorizer",
                                "FeatureVectorizer",
                                "Imputer",
                                "LabelEncoder",
                                "LinearClassifier",
                                "LinearRegressor",
                                "Max",
                                "Min",
                                "NonMaxSuppression",
                                "Normalizer",
                                "OneHotEncoder",
                                "RandomUniformLike",
                                "Range",
                                "RoiAlign",
                                "SVMClassifier",
                                "SVMRegressor",
                                "Scaler",
                                "TopK",
                                "TreeEnsembleClassifier",
                                "TreeEnsembleRegressor",
                                "Upsample",
                                "ZipMap"};
  list.insert(variant == Variant::kOnnxConverter ? "Resize" : "TreeEnsemble");
  return list;
}

HalfLimits LimitsOf(const Float16Options& options, Variant variant) {
  constexpr double kSmallest = 5.96e-8;
  constexpr double kLargest = 65504;
  const bool converter = variant == Variant::kOnnxConverter;
  const double min = options.min_positive_val.value_or(converter ? 1e-7 : kSmallest);
  const double max = options.max_finite_val.value_or(converter ? 1e4 : kLargest);
  // A comparison with NaN is false.
  if (!(min >= kSmallest && min < max)) {
    ThrowInvalidArgument("Option 'min_positive_val' is " + std::to_string(min) +
                         ", expected a number from 5.96e-8, the smallest of float16, up to "
                         "'max_finite_val'.");
  }
  if (!(max <= kLargest)) {
    ThrowInvalidArgument("Option 'max_finite_val' is " + std::to_string(max) +
                         ", expected at most 65504, the largest number of float16.");
  }
  return {static_cast<float>(min), static_cast<float>(max)};
}

void CollectNodeNames(const onnx::GraphProto& graph, std::set<std::string>& names) {
  for (const auto& node : graph.node()) {
    names.insert(node.name());
    ForEachSubgraph(node, [&](const onnx::GraphProto& inner) { CollectNodeNames(inner, names); });
  }
}

bool IsHalfType(const onnx::ValueInfoProto& info) {
  return info.type().tensor_type().elem_type() == onnx::TensorProto::FLOAT16;
}

bool HasHalf(const onnx::GraphProto& graph) {
  return std::any_of(graph.input().begin(), graph.input().end(), IsHalfType) ||
         std::any_of(graph.output().begin(), graph.output().end(), IsHalfType) ||
         std::any_of(graph.value_info().begin(), graph.value_info().end(), IsHalfType) ||
         std::any_of(graph.initializer().begin(), graph.initializer().end(),
                     [](const auto& tensor) { return TypeOf(tensor) == DType::kFloat16; }) ||
         std::any_of(graph.node().begin(), graph.node().end(), [](const auto& node) {
           return node.op_type() == "Cast" &&
                  IntAttribute(node, "to", 0) == onnx::TensorProto::FLOAT16;
         });
}

// Inference writes the shapes it finds into outputs too. Written down, one that a runtime would
// have worked out differently keeps it from loading the model.
void RestoreOutputs(const onnx::GraphProto& source, onnx::GraphProto& graph) {
  for (int i = 0; i < graph.output_size(); ++i) {
    onnx::ValueInfoProto& output = *graph.mutable_output(i);
    if (source.output(i).type().value_case() != onnx::TypeProto::VALUE_NOT_SET) {
      output = source.output(i);
    } else if (output.type().has_tensor_type()) {
      output.mutable_type()->mutable_tensor_type()->clear_shape();
    }
  }
  for (int i = 0; i < graph.node_size(); ++i) {
    for (int k = 0; k < graph.node(i).attribute_size(); ++k) {
      const onnx::AttributeProto& from = source.node(i).attribute(k);
      onnx::AttributeProto& to = *graph.mutable_node(i)->mutable_attribute(k);
      if (to.has_g()) RestoreOutputs(from.g(), *to.mutable_g());
      for (int j = 0; j < to.graphs_size(); ++j) {
        RestoreOutputs(from.graphs(j), *to.mutable_graphs(j));
      }
    }
  }
}

// Before IR version 4 every initializer had to be a graph input too, which is none to be given.
void FreeInitializers(onnx::ModelProto& proto) {
  constexpr int64_t kFirstWithDefaults = 4;
  if (proto.ir_version() >= kFirstWithDefaults) return;
  proto.set_ir_version(kFirstWithDefaults);
  std::set<std::string> constants;
  for (const auto& tensor : proto.graph().initializer()) constants.insert(tensor.name());
  auto& inputs = *proto.mutable_graph()->mutable_input();
  int kept = 0;
  for (int i = 0; i < inputs.size(); ++i) {
    if (!constants.contains(inputs[i].name())) inputs.SwapElements(kept++, i);
  }
  inputs.DeleteSubrange(kept, inputs.size() - kept);
}

class Converter {
 public:
  Converter(const Model& model, const Float16Options& options, Monitor* monitor)
      : source_(model),
        options_(options),
        variant_(VariantOf(options.variant)),
        limits_(LimitsOf(options, variant_)),
        monitor_(monitor) {}

  Float16Result Run() {
    CheckOptions();
    CheckOrder(source_.proto, source_.name);
    if (variant_ == Variant::kQuantab) FreeInitializers(source_.proto);
    InlineFunctions(source_);
    request_.op_block_list =
        options_.op_block_list
            ? std::set<std::string>(options_.op_block_list->begin(), options_.op_block_list->end())
            : DefaultBlockList(variant_);
    CheckNames();
    // A model whose own types do not fit tells nothing about the result's.
    checked_ = !ElementTypes(source_.proto).complaint();
    if (variant_ != Variant::kQuantab && !IsBeyondVariant()) {
      if (std::optional<Float16Result> result = ByLayout()) return *std::move(result);
      Warn(monitor_, "The result as '" + options_.variant +
                         "' would make it is not valid. It was made in another way, with other "
                         "names of Casts.");
    }
    return ByPlan();
  }

 private:
  void CheckOptions() {
    const bool runtime = variant_ == Variant::kOnnxRuntime;
    if (options_.use_bfloat16_as_blocked_nodes_dtype && !runtime) {
      ThrowInvalidArgument(
          "Option 'use_bfloat16_as_blocked_nodes_dtype' is of variant 'onnxruntime' only.");
    }
    if (variant_ == Variant::kOnnxConverter && options_.check_fp16_ready &&
        HasHalf(source_.proto.graph())) {
      ThrowInvalidArgument("'" + source_.name +
                           "' has float16 already. Set 'check_fp16_ready' to false to convert "
                           "what is left of float32.");
    }
    for (const auto& [op, indices] : options_.force_fp16_inputs) {
      for (const int64_t index : indices) {
        if (index >= 0) continue;
        ThrowInvalidArgument("Option 'force_fp16_inputs' has the index " + std::to_string(index) +
                             " of '" + Shorten(op) + "', expected 0 or more.");
      }
    }
    request_.keep_io = options_.keep_io_types;
    request_.keep_io_by_name = !options_.keep_io_names.empty();
    request_.keep_io_names.insert(options_.keep_io_names.begin(), options_.keep_io_names.end());
    request_.force_fp16_initializers = options_.force_fp16_initializers;
    request_.force_fp16_inputs = options_.force_fp16_inputs;
    request_.bfloat16_islands = options_.use_bfloat16_as_blocked_nodes_dtype;
  }

  void CheckNames() {
    request_.node_block_list.insert(options_.node_block_list.begin(),
                                    options_.node_block_list.end());
    std::set<std::string> nodes;
    CollectNodeNames(source_.proto.graph(), nodes);
    if (!std::includes(nodes.begin(), nodes.end(), request_.node_block_list.begin(),
                       request_.node_block_list.end()) &&
        NameUnnamedNodes(*source_.proto.mutable_graph())) {
      nodes.clear();
      CollectNodeNames(source_.proto.graph(), nodes);
    }
    for (const std::string& name : request_.node_block_list) {
      if (nodes.contains(name)) continue;
      ThrowInvalidArgument("Option 'node_block_list' names '" + Shorten(name) + "', but '" +
                           source_.name + "' has no such node.");
    }
    std::set<std::string> io;
    for (const auto& input : source_.proto.graph().input()) io.insert(input.name());
    for (const auto& output : source_.proto.graph().output()) io.insert(output.name());
    for (const std::string& name : request_.keep_io_names) {
      if (io.contains(name)) continue;
      ThrowInvalidArgument("Option 'keep_io_names' names '" + Shorten(name) + "', but '" +
                           source_.name + "' has no such input or output.");
    }
  }

  bool Keeps(const std::string& name) const {
    return request_.keep_io_by_name ? request_.keep_io_names.contains(name) : request_.keep_io;
  }

  // Whether options ask for what the reference does not know.
  bool IsBeyondVariant() const {
    return variant_ == Variant::kOnnxConverter &&
           (request_.keep_io_by_name || request_.force_fp16_initializers ||
            !request_.force_fp16_inputs.empty());
  }

  // In the reference's own form, unless that is not valid.
  std::optional<Float16Result> ByLayout() {
    const bool converter = variant_ == Variant::kOnnxConverter;
    Model inferred = source_;
    if (!options_.disable_shape_infer) {
      InferShapes(inferred, monitor_);
      RestoreOutputs(source_.proto.graph(), *inferred.proto.mutable_graph());
    }
    for (const bool retarget_casts : {false, true}) {
      if (retarget_casts && !converter) break;
      Float16Result result;
      result.model = inferred;
      HalfConstants constants(result.model, limits_, monitor_);
      if (!Lay(result.model, constants, retarget_casts)) continue;
      Declare(result.model.proto);
      return Finished(std::move(result), constants);
    }
    if (request_.bfloat16_islands) {
      ThrowUnsupported(
          "The nodes left out cannot compute in bfloat16: their constants or operators are of "
          "float32. Leave 'use_bfloat16_as_blocked_nodes_dtype' out.");
    }
    return std::nullopt;
  }

  // Returns whether the result is valid.
  bool Lay(Model& model, HalfConstants& constants, bool retarget_casts) const {
    try {
      if (variant_ == Variant::kOnnxConverter) {
        ConvertLikeOnnxConverter(model, request_, constants, retarget_casts);
      } else {
        ConvertLikeOnnxRuntime(model, request_, constants);
      }
      CheckOrder(model.proto, model.name);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInvalidModel) throw;
      return false;
    }
    if (checked_ && ElementTypes(model.proto).complaint()) return false;
    const auto is_wrong = [&](const onnx::ValueInfoProto& now, const onnx::ValueInfoProto& then) {
      if (TypeTextOf(then.type()) != "tensor(float)") return false;
      return TypeTextOf(now.type()) != (Keeps(then.name()) ? "tensor(float)" : "tensor(float16)");
    };
    const onnx::GraphProto& graph = model.proto.graph();
    const onnx::GraphProto& before = source_.proto.graph();
    for (int i = 0; i < graph.input_size(); ++i) {
      if (is_wrong(graph.input(i), before.input(i))) return false;
    }
    for (int i = 0; i < graph.output_size(); ++i) {
      if (is_wrong(graph.output(i), before.output(i))) return false;
    }
    return true;
  }

  // What was inferred in between is for our use.
  void Declare(onnx::ModelProto& proto) const {
    std::set<std::string> declared;
    CollectDeclared(source_.proto.graph(), declared);
    RemoveUndeclared(*proto.mutable_graph(), declared);
  }

  static void CollectDeclared(const onnx::GraphProto& graph, std::set<std::string>& names) {
    for (const auto& info : graph.value_info()) names.insert(info.name());
    for (const auto& node : graph.node()) {
      ForEachSubgraph(node, [&](const onnx::GraphProto& inner) { CollectDeclared(inner, names); });
    }
  }

  static void RemoveUndeclared(onnx::GraphProto& graph, const std::set<std::string>& names) {
    int kept = 0;
    for (int i = 0; i < graph.value_info_size(); ++i) {
      if (!names.contains(graph.value_info(i).name())) continue;
      graph.mutable_value_info()->SwapElements(kept++, i);
    }
    graph.mutable_value_info()->DeleteSubrange(kept, graph.value_info_size() - kept);
    for (auto& node : *graph.mutable_node()) {
      ForEachSubgraph(node, [&](onnx::GraphProto& inner) { RemoveUndeclared(inner, names); });
    }
  }

  Float16Result ByPlan() {
    FloatIslands islands;
    islands.op_types = request_.op_block_list;
    islands.nodes = request_.node_block_list;
    islands.keep_io = request_.keep_io && !request_.keep_io_by_name;
    islands.io_names = request_.keep_io_names;
    islands.force_half_initializers = request_.force_fp16_initializers;
    islands.force_half_inputs = request_.force_fp16_inputs;
    Float16Result result;
    result.model = source_;
    result.variant_layout = variant_ == Variant::kQuantab;
    HalfConstants constants(result.model, limits_, monitor_);
    const auto plan = PlanHalf(result.model.proto, islands);
    result.nodes_in_float =
        RewriteHalf(result.model, *plan, constants, request_.force_fp16_initializers);
    CheckOrder(result.model.proto, result.model.name);
    if (checked_) {
      if (const auto complaint = ElementTypes(result.model.proto).complaint()) {
        ThrowInternal("The conversion to float16 went wrong: " + *complaint + ".");
      }
    }
    return Finished(std::move(result), constants);
  }

  Float16Result Finished(Float16Result result, const HalfConstants& constants) {
    result.clamped_small = constants.counts().small;
    result.clamped_large = constants.counts().large;
    if (variant_ != Variant::kQuantab && result.variant_layout) {
      const ElementTypes types(result.model.proto);
      std::vector<std::string> missed;
      CollectBlocked(result.model.proto.graph(), types, result.nodes_in_float, missed);
      if (!missed.empty()) {
        Warn(monitor_, "Node '" + missed.front() +
                           "' computes in float16, though it was to be left out: the types of its "
                           "values are not known. " +
                           (options_.disable_shape_infer ? "Leave 'disable_shape_infer' out."
                                                         : "Use the variant 'quantab'."));
      }
    }
    // Python appends Casts at the end, which the checker rejects.
    SortNodes(*result.model.proto.mutable_graph());
    CollectWeights(result.model);
    return result;
  }

  // The labels of blocked nodes, and in `missed` of those among them that the reference, which did
  // not know the types of their values, has not left out.
  void CollectBlocked(const onnx::GraphProto& graph, const ElementTypes& types,
                      std::vector<std::string>& labels, std::vector<std::string>& missed) const {
    const auto is_half = [&](const std::string& value) {
      return types.Of(graph, value) == "tensor(float16)";
    };
    for (int i = 0; i < graph.node_size(); ++i) {
      const onnx::NodeProto& node = graph.node(i);
      if (request_.Blocks(node)) {
        const bool half = std::any_of(node.input().begin(), node.input().end(), is_half) &&
                          std::any_of(node.output().begin(), node.output().end(), is_half);
        (half ? missed : labels).push_back(NodeLabel(node, i));
      }
      ForEachSubgraph(node, [&](const onnx::GraphProto& inner) {
        CollectBlocked(inner, types, labels, missed);
      });
    }
  }

  Model source_;
  const Float16Options& options_;
  const Variant variant_;
  const HalfLimits limits_;
  Monitor* const monitor_;
  LayoutRequest request_;
  bool checked_ = true;
};

}  // namespace

Float16Result ConvertFloatToFloat16(const Model& model, const Float16Options& options,
                                    Monitor* monitor) {
  return Guard([&] { return Converter(model, options, monitor).Run(); });
}

}  // namespace quantab
