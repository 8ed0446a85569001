// The layout of onnxruntime.transformers.float16: level by level, by names alone.
#include <algorithm>
#include <deque>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/graph/graph_edit.h"
#include "core/quant/float16_attributes.h"
#include "core/quant/float16_layouts.h"
#include "core/quant/float16_types.h"

namespace quantab {
namespace {

constexpr int32_t kFloat = onnx::TensorProto::FLOAT;
constexpr int32_t kHalf = onnx::TensorProto::FLOAT16;

bool IsFloatTensor(const onnx::ValueInfoProto& info) {
  return info.type().tensor_type().elem_type() == kFloat;
}

class OnnxRuntimeLayout {
 public:
  OnnxRuntimeLayout(Model& model, const LayoutRequest& request, HalfConstants& constants)
      : graph_(*model.proto.mutable_graph()), request_(request), constants_(constants) {
    // The scales of Resize moved in operator set 11.
    const int64_t opset = OpsetVersion(model.proto);
    float_inputs_ = {{"Resize", {opset > 0 && opset <= 10 ? 1 : 2}},
                     {"GroupNorm", {1, 2}},
                     {"SkipGroupNorm", {1, 2}}};
  }

  void Run() {
    KeepInputsAndOutputs();
    std::deque<onnx::GraphProto*> level = {&graph_};
    while (!level.empty()) {
      onnx::GraphProto& graph = *level.front();
      level.pop_front();
      Graph(graph, level);
    }
    ConvertInitializers();
    for (onnx::NodeProto* node : mixed_) CastMixed(*node);
    for (onnx::NodeProto* node : blocked_) CastBlocked(*node);
  }

 private:
  bool Keeps(const onnx::ValueInfoProto& info) const {
    if (!IsFloatTensor(info)) return false;
    return request_.keep_io_by_name ? request_.keep_io_names.contains(info.name())
                                    : request_.keep_io;
  }

  onnx::NodeProto& AddCast(const std::string& from, const std::string& to, int32_t type,
                           const std::string& name) {
    onnx::NodeProto& node = *graph_.add_node();
    node.set_op_type("Cast");
    node.add_input(from);
    node.add_output(to);
    node.set_name(name);
    SetIntAttribute(node, "to", type);
    return node;
  }

  void KeepInputsAndOutputs() {
    own_nodes_ = graph_.node_size();
    for (int i = 0; i < graph_.input_size(); ++i) {
      const onnx::ValueInfoProto& input = graph_.input(i);
      if (!Keeps(input)) continue;
      const std::string name = "graph_input_cast_" + std::to_string(i);
      renamed_[input.name()] = name;
      kept_.insert(input.name());
      halves_.insert(name);
      AddCast(input.name(), name, kHalf, "graph_input_cast" + std::to_string(i));
    }
    for (int i = 0; i < graph_.output_size(); ++i) {
      const onnx::ValueInfoProto& output = graph_.output(i);
      if (!Keeps(output)) continue;
      const std::string name = "graph_output_cast_" + std::to_string(i);
      renamed_[output.name()] = name;
      kept_.insert(output.name());
      halves_.insert(name);
      AddCast(name, output.name(), kFloat, "graph_output_cast" + std::to_string(i));
    }
  }

  void Graph(onnx::GraphProto& graph, std::deque<onnx::GraphProto*>& level) {
    for (auto& tensor : *graph.mutable_initializer()) {
      if (TypeOf(tensor) == DType::kFloat) initializers_.push_back(&tensor);
      if (TypeOf(tensor) == DType::kFloat) initializer_names_.insert(tensor.name());
    }
    const int nodes = &graph == &graph_ ? own_nodes_ : graph.node_size();
    for (int i = 0; i < nodes; ++i) Node(*graph.mutable_node(i), level);
    for (auto* list : {graph.mutable_input(), graph.mutable_output(), graph.mutable_value_info()}) {
      for (auto& info : *list) {
        if (kept_.contains(info.name()) || !HoldsFloat(TypeTextOf(info.type())) ||
            info.type().has_optional_type()) {
          continue;
        }
        SetElementType(*info.mutable_type(), onnx::TensorProto::FLOAT16);
        halves_.insert(info.name());
      }
    }
  }

  bool IsAlwaysFloat(const onnx::NodeProto& node, int index) const {
    const auto contains = [&](const auto& map) {
      const auto found = map.find(node.op_type());
      return found != map.end() &&
             std::find(found->second.begin(), found->second.end(), index) != found->second.end();
    };
    return contains(float_inputs_) && !contains(request_.force_fp16_inputs);
  }

  void Node(onnx::NodeProto& node, std::deque<onnx::GraphProto*>& level) {
    for (auto* names : {node.mutable_input(), node.mutable_output()}) {
      for (std::string& name : *names) {
        const auto found = renamed_.find(name);
        if (found != renamed_.end()) name = found->second;
      }
    }
    const bool blocked = request_.Blocks(node);
    for (int i = 0; i < node.input_size(); ++i) {
      if (!initializer_names_.contains(node.input(i))) continue;
      if (!blocked && !IsAlwaysFloat(node, i)) half_initializers_.insert(node.input(i));
    }
    if (blocked) {
      blocked_.push_back(&node);
      return;
    }
    Retype(node);
    if (float_inputs_.contains(node.op_type()) &&
        !request_.force_fp16_inputs.contains(node.op_type())) {
      mixed_.push_back(&node);
      return;
    }
    for (auto& attribute : *node.mutable_attribute()) {
      if (attribute.has_g()) level.push_back(attribute.mutable_g());
      for (auto& body : *attribute.mutable_graphs()) level.push_back(&body);
      if (attribute.has_t()) constants_.Convert(*attribute.mutable_t());
      for (auto& tensor : *attribute.mutable_tensors()) constants_.Convert(tensor);
    }
  }

  void Retype(onnx::NodeProto& node) {
    const std::string& op = node.op_type();
    const bool has_dtype = FindAttribute(node, "dtype") != nullptr;
    const bool float_by_default =
        op == "RandomNormal" || op == "RandomUniform" || op == "SequenceEmpty";
    const bool may_follow = op == "EyeLike" || op == "RandomNormalLike" ||
                            op == "RandomUniformLike" || op == "Bernoulli";
    const bool is_float = IntAttribute(node, "dtype", 0) == kFloat;
    const bool wanted = (op == "Cast" && IntAttribute(node, "to", 0) == kFloat) ||
                        (op == "ConstantOfShape" && FindAttribute(node, "value") == nullptr) ||
                        ((float_by_default || may_follow) && is_float) ||
                        (float_by_default && !has_dtype);
    if (wanted) MakeHalf(node, constants_);
  }

  void ConvertInitializers() {
    for (onnx::TensorProto* tensor : initializers_) {
      if (!request_.force_fp16_initializers && !half_initializers_.contains(tensor->name())) {
        continue;
      }
      constants_.Convert(*tensor);
      halves_.insert(tensor->name());
    }
  }

  // The name of `value` in `type`, by a Cast that is made once.
  std::string CastUp(const std::string& value, int32_t type) {
    const std::string name = value + "_cast_to_fp32";
    const auto [made, fresh] = casts_.emplace(std::pair(value, type), name);
    if (!fresh) return made->second;
    const bool taken = casts_.contains({value, type == kFloat ? bfloat16_ : kFloat});
    if (taken) made->second += type == kFloat ? "_1" : "_bf16";
    AddCast(value, made->second, type, made->second + "_node");
    return made->second;
  }

  void CastMixed(onnx::NodeProto& node) {
    for (int i = 0; i < node.input_size(); ++i) {
      if (!IsAlwaysFloat(node, i) || !halves_.contains(node.input(i))) continue;
      std::string name = CastUp(node.input(i), kFloat);
      *node.mutable_input(i) = std::move(name);
    }
  }

  void CastBlocked(onnx::NodeProto& node) {
    const int32_t type = request_.bfloat16_islands ? bfloat16_ : kFloat;
    for (std::string& input : *node.mutable_input()) {
      if (halves_.contains(input)) input = CastUp(input, type);
    }
    for (std::string& output : *node.mutable_output()) {
      if (!halves_.contains(output)) continue;
      const std::string name = output + "_cast_to_fp16";
      AddCast(name, output, kHalf, name + "_node");
      output = name;
    }
  }

  static constexpr int32_t bfloat16_ = onnx::TensorProto::BFLOAT16;

  onnx::GraphProto& graph_;
  const LayoutRequest& request_;
  HalfConstants& constants_;
  std::unordered_map<std::string, std::vector<int64_t>> float_inputs_;
  int own_nodes_ = 0;
  std::unordered_map<std::string, std::string> renamed_;  // inputs and outputs that are kept
  std::unordered_set<std::string> kept_;
  std::unordered_set<std::string> halves_;  // values known to be float16
  std::vector<onnx::TensorProto*> initializers_;
  std::unordered_set<std::string> initializer_names_, half_initializers_;
  std::vector<onnx::NodeProto*> mixed_, blocked_;
  std::map<std::pair<std::string, int32_t>, std::string> casts_;
};

}  // namespace

void ConvertLikeOnnxRuntime(Model& model, const LayoutRequest& request, HalfConstants& constants) {
  OnnxRuntimeLayout(model, request, constants).Run();
}

}  // namespace quantab
