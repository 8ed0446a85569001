#include "core/quant/float16_plan.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/base/error.h"
#include "core/graph/graph_edit.h"
#include "core/onnx/order.h"

namespace quantab {
namespace {

using Formal = onnx::OpSchema::FormalParameter;

bool IsOneOf(const std::string& op, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), op) != list.end();
}

bool IsOfficial(const onnx::NodeProto& node) { return CanonicalDomain(node.domain()).empty(); }

bool RunsBodies(const onnx::NodeProto& node) {
  return IsOfficial(node) && IsOneOf(node.op_type(), {"If", "Loop", "Scan"});
}

bool HasBody(const onnx::NodeProto& node) {
  return std::any_of(node.attribute().begin(), node.attribute().end(), [](const auto& attribute) {
    return attribute.has_g() || attribute.graphs_size() > 0;
  });
}

// What comes out has the type of an input, or holds it, without the schema saying so.
bool TakesOut(const std::string& op) {
  return IsOneOf(op, {"SequenceAt", "SequenceInsert", "SequenceConstruct", "SplitToSequence",
                      "ConcatFromSequence", "Optional", "OptionalGetElement"});
}

// An attribute says which type comes out. EyeLike, MelWeightMatrix and random numbers would be so
// too, but ONNX Runtime makes none of them in float16 on every device: they get a Cast.
bool ChoosesType(const onnx::NodeProto& node) {
  const std::string& op = node.op_type();
  if (op == "Constant") return FindAttribute(node, "sparse_value") == nullptr;
  if (op == "Optional") return node.input_size() == 0 || node.input(0).empty();
  return IsOneOf(op, {"Cast", "ConstantOfShape", "Bernoulli", "SequenceEmpty", "HannWindow",
                      "HammingWindow", "BlackmanWindow"});
}

bool IsSequence(const std::string& type) { return !type.empty() && !type.starts_with("tensor("); }

class Planner {
 public:
  Planner(const onnx::ModelProto& model, const FloatIslands& islands)
      : model_(model), islands_(islands), types_(model) {}

  std::unique_ptr<GraphPlan> Run() {
    // Each round leaves more nodes in float, until no sequence is wanted in two forms.
    constexpr int kMaxRounds = 64;
    for (int round = 0; round < kMaxRounds; ++round) {
      dequantizers_.clear();
      auto plan = std::make_unique<GraphPlan>();
      PlanGraph(model_.graph(), *plan);
      ChooseScales();
      if (!Settle(model_.graph(), *plan)) return plan;
    }
    ThrowUnsupported(
        "A sequence of tensors would be needed in float32 and float16. Block the operators that "
        "use it.");
  }

 private:
  void PlanGraph(const onnx::GraphProto& graph, GraphPlan& plan) {
    Declare(graph, plan);
    plan.order = OrderNodes(
        graph.node(), [](std::string_view) { return true; },
        [&] { return "Graph '" + Shorten(graph.name()) + "'"; });
    plan.nodes.resize(static_cast<size_t>(graph.node_size()));
    for (const int index : plan.order) PlanNode(graph, plan, index);
    for (const auto& output : graph.output()) {
      const FoundValue found = FindValue(plan, output.name());
      Form wanted = Form::kAny;
      if (found.value != nullptr && HoldsFloat(found.value->type)) {
        const bool sequence = plan.outer == nullptr && found.value->sequence;
        const bool kept = plan.outer == nullptr ? KeepsIo(output.name()) : plan.kept;
        if (!sequence) wanted = kept ? Form::kFloat : Form::kHalf;
      }
      plan.outputs.push_back(wanted);
      Want(found, wanted, nullptr);
    }
  }

  bool KeepsIo(const std::string& name) const {
    return islands_.keep_io || islands_.io_names.contains(name);
  }

  // Weights among the inputs are nothing that a caller gives, unless they are named.
  bool KeepsInput(const onnx::GraphProto& graph, const std::string& name) const {
    if (islands_.io_names.contains(name)) return true;
    return islands_.keep_io &&
           std::none_of(graph.initializer().begin(), graph.initializer().end(),
                        [&](const auto& tensor) { return tensor.name() == name; });
  }

  void Declare(const onnx::GraphProto& graph, GraphPlan& plan) {
    const auto declare = [&](const std::string& name) -> ValuePlan& {
      ValuePlan& value = plan.values[name];
      value.type = types_.Of(graph, name);
      value.sequence = IsSequence(value.type);
      return value;
    };
    for (const auto& input : graph.input()) {
      ValuePlan& value = declare(input.name());
      if (!HoldsFloat(value.type)) continue;
      const bool kept = plan.outer == nullptr ? KeepsInput(graph, input.name()) ||
                                                    float_inputs_.contains(input.name())
                                              : plan.kept;
      value.form = kept ? Form::kFloat : Form::kHalf;
    }
    for (const auto& tensor : graph.initializer()) {
      if (plan.values.contains(tensor.name())) continue;
      ValuePlan& value = declare(tensor.name());
      value.initializer = value.constant = true;
      if (!HoldsFloat(value.type)) continue;
      value.form = Form::kFloat;
      value.flexible = true;
    }
    for (const auto& tensor : graph.sparse_initializer()) {
      ValuePlan& value = declare(tensor.values().name());
      value.initializer = value.constant = true;
      if (HoldsFloat(value.type)) value.form = Form::kFloat;
    }
  }

  void PlanNode(const onnx::GraphProto& graph, GraphPlan& plan, int index) {
    const onnx::NodeProto& node = graph.node(index);
    std::vector<FoundValue> inputs;
    for (const std::string& input : node.input()) {
      inputs.push_back(input.empty() ? FoundValue{} : FindValue(plan, input));
    }
    NodePlan& own = plan.nodes[static_cast<size_t>(index)];
    own.kept = plan.kept || IsKept(node, inputs);
    for (int i = 0; i < node.input_size(); ++i) {
      const FoundValue& input = inputs[static_cast<size_t>(i)];
      const bool is_float = input.value != nullptr && HoldsFloat(input.value->type);
      const Form wanted = !is_float ? Form::kAny : WantedForm(node, i, own.kept);
      own.inputs.push_back(wanted);
      Want(input, wanted, &node);
    }
    PlanBodies(node, plan, own.kept);
    for (int i = 0; i < node.output_size(); ++i) {
      if (!node.output(i).empty()) PlanOutput(graph, plan, index, i, inputs);
    }
  }

  void PlanBodies(const onnx::NodeProto& node, GraphPlan& plan, bool kept) {
    const auto visit = [&](const onnx::GraphProto& body) {
      auto inner = std::make_unique<GraphPlan>();
      inner->outer = &plan;
      inner->owner = &node;
      inner->kept = kept;
      GraphPlan& body_plan = *inner;
      plan.bodies[&body] = std::move(inner);
      PlanGraph(body, body_plan);
    };
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_g()) visit(attribute.g());
      for (const auto& body : attribute.graphs()) visit(body);
    }
  }

  bool IsKept(const onnx::NodeProto& node, const std::vector<FoundValue>& inputs) const {
    if (kept_.contains(&node) || islands_.op_types.contains(node.op_type()) ||
        (!node.name().empty() && islands_.nodes.contains(node.name()))) {
      return true;
    }
    if (HasBody(node) && !RunsBodies(node)) return true;
    if (IsOfficial(node) &&
        IsOneOf(node.op_type(), {"BitCast", "QuantizeLinear", "QLinearConv", "QLinearMatMul"})) {
      return true;
    }
    if (SchemaOf(model_, node) == nullptr) return FindHalfContribOp(node) == nullptr;
    return IsInQuantizedPart(node, inputs);
  }

  // Between dequantized activations and the next QuantizeLinear runtimes compute on integers, which
  // casts would prevent; sums of integers and products of scales do not fit float16.
  bool IsInQuantizedPart(const onnx::NodeProto& node, const std::vector<FoundValue>& inputs) const {
    if (ChoosesType(node) || RunsBodies(node)) return false;
    if (node.op_type() == "DequantizeLinear") {
      const FoundValue data = inputs.empty() ? FoundValue{} : inputs[0];
      return data.value != nullptr &&
             (!data.value->constant || data.value->type == "tensor(int32)");
    }
    bool quantized = false;
    bool other = false;
    for (const FoundValue& input : inputs) {
      if (input.value == nullptr || !HoldsFloat(input.value->type)) continue;
      if (input.value->accumulator) return true;
      (input.value->quantized ? quantized : other) |= !input.value->constant;
    }
    return quantized && !other;
  }

  Form WantedForm(const onnx::NodeProto& node, int index, bool kept) const {
    if (kept) return Form::kFloat;
    const onnx::OpSchema* schema = SchemaOf(model_, node);
    if (schema == nullptr) {
      const HalfContribOp* contrib = FindHalfContribOp(node);
      const bool always = contrib == nullptr || InMask(contrib->float_inputs, index);
      return always && !IsForced(node, index) ? Form::kFloat : Form::kHalf;
    }
    const Formal* formal = FormalOf(schema->inputs(), index);
    if (formal == nullptr) return Form::kFloat;
    if (node.op_type() == "DequantizeLinear") {
      return AllowsHalf(*formal) ? Form::kAny : Form::kFloat;  // see ChooseScales
    }
    if (AllowsHalf(*formal) && TakesBoth(node, *schema, *formal)) return Form::kAny;
    return AllowsHalf(*formal) ? Form::kHalf : Form::kFloat;
  }

  bool IsForced(const onnx::NodeProto& node, int index) const {
    const auto found = islands_.force_half_inputs.find(node.op_type());
    if (found == islands_.force_half_inputs.end()) return false;
    return std::find(found->second.begin(), found->second.end(), index) != found->second.end();
  }

  static bool AllowsHalf(const Formal& formal) {
    return Allows(formal, "tensor(float16)") || Allows(formal, "seq(tensor(float16))") ||
           Allows(formal, "optional(tensor(float16))");
  }

  // Whether nothing else of the node has to have the type of this input.
  static bool TakesBoth(const onnx::NodeProto& node, const onnx::OpSchema& schema,
                        const Formal& formal) {
    if (TakesOut(node.op_type()) || RunsBodies(node) || !formal.GetIsHomogeneous()) return false;
    int count = 0;
    for (int i = 0; i < node.input_size(); ++i) {
      const Formal* other = FormalOf(schema.inputs(), i);
      count +=
          other != nullptr && !node.input(i).empty() && other->GetTypeStr() == formal.GetTypeStr();
    }
    for (int i = 0; i < node.output_size(); ++i) {
      const Formal* other = FormalOf(schema.outputs(), i);
      count += other != nullptr && other->GetTypeStr() == formal.GetTypeStr();
    }
    return count == 1;
  }

  void PlanOutput(const onnx::GraphProto& graph, GraphPlan& plan, int index, int output,
                  const std::vector<FoundValue>& inputs) {
    const onnx::NodeProto& node = graph.node(index);
    ValuePlan& value = plan.values[node.output(output)];
    value.type = types_.Of(graph, node.output(output));
    value.sequence = IsSequence(value.type);
    value.maker = index;
    value.constant = IsConstant(node, inputs);
    const ValuePlan* first = inputs.empty() ? nullptr : inputs[0].value;
    const std::string& op = node.op_type();
    const bool sums = op == "MatMulInteger" || op == "ConvInteger";
    value.accumulator = sums || (op == "Cast" && first != nullptr && first->accumulator);
    value.quantized = value.accumulator || op == "DynamicQuantizeLinear" ||
                      (op == "DequantizeLinear" && first != nullptr && !first->constant);
    if (!HoldsFloat(value.type)) return;
    value.form = Form::kFloat;
    if (plan.nodes[static_cast<size_t>(index)].kept || value.accumulator) return;
    const onnx::OpSchema* schema = SchemaOf(model_, node);
    if (schema == nullptr) {
      const HalfContribOp* contrib = FindHalfContribOp(node);
      if (!InMask(contrib->float_outputs, output)) value.form = Form::kHalf;
      return;
    }
    const Formal* formal = FormalOf(schema->outputs(), output);
    if (formal == nullptr || !AllowsHalf(*formal)) return;
    if (op == "DequantizeLinear") {
      value.flexible = true;
      if (inputs.size() > 1) {
        Form& wanted = plan.nodes[static_cast<size_t>(index)].inputs[1];
        dequantizers_.push_back({.output = &value, .scale = inputs[1], .wanted = &wanted});
      }
    } else if (ChoosesType(node)) {
      value.flexible = true;
    } else if (RunsBodies(node) || TakesOut(op) || FollowsInput(node, *schema, *formal, inputs)) {
      value.form = Form::kHalf;
    }
  }

  static bool IsConstant(const onnx::NodeProto& node, const std::vector<FoundValue>& inputs) {
    if (node.op_type() == "Constant") return true;
    if (inputs.empty() || HasBody(node)) return false;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const bool given = !node.input(static_cast<int>(i)).empty();
      if (given && (inputs[i].value == nullptr || !inputs[i].value->constant)) return false;
    }
    return true;
  }

  static bool FollowsInput(const onnx::NodeProto& node, const onnx::OpSchema& schema,
                           const Formal& formal, const std::vector<FoundValue>& inputs) {
    for (int i = 0; i < node.input_size(); ++i) {
      const Formal* input = FormalOf(schema.inputs(), i);
      const ValuePlan* value = inputs[static_cast<size_t>(i)].value;
      if (input != nullptr && input->GetTypeStr() == formal.GetTypeStr() && value != nullptr &&
          HoldsFloat(value->type)) {
        return true;
      }
    }
    return false;
  }

  static void Want(const FoundValue& found, Form form, const onnx::NodeProto* reader) {
    if (found.value == nullptr) return;
    found.value->wants_float |= form == Form::kFloat;
    found.value->wants_half |= form == Form::kHalf;
    if (reader != nullptr && found.value->sequence) found.value->readers.push_back(reader);
  }

  static void Choose(ValuePlan& value, bool force_half_initializers) {
    if (!value.flexible) return;
    const bool half =
        value.initializer ? value.wants_half || force_half_initializers : !value.wants_float;
    value.form = half ? Form::kHalf : Form::kFloat;
  }

  // A scale has the type of what is dequantized by it; from the last to the first, since a scale
  // may be dequantized itself.
  void ChooseScales() {
    for (size_t i = dequantizers_.size(); i-- > 0;) {
      const Dequantizer& node = dequantizers_[i];
      Choose(*node.output, false);
      node.output->flexible = false;
      *node.wanted = node.output->form;
      Want(node.scale, node.output->form, nullptr);
    }
  }

  // Chooses the forms of flexible values. Returns whether nodes had to be added to those kept.
  bool Settle(const onnx::GraphProto& graph, GraphPlan& plan) {
    bool again = false;
    for (auto& [name, value] : plan.values) {
      Choose(value, islands_.force_half_initializers);
      if (!value.sequence || value.form == Form::kAny) continue;
      const bool clash = value.form == Form::kHalf ? value.wants_float : value.wants_half;
      if (!clash) continue;
      again = true;
      if (value.maker >= 0) {
        kept_.insert(&graph.node(value.maker));
      } else if (plan.owner != nullptr) {
        kept_.insert(plan.owner);
      } else {
        float_inputs_.insert(name);
      }
      // A body that makes it, or gives it away, goes with it.
      if (plan.owner != nullptr) kept_.insert(plan.owner);
      kept_.insert(value.readers.begin(), value.readers.end());
    }
    for (auto& [body, inner] : plan.bodies) again |= Settle(*body, *inner);
    return again;
  }

  // One whose output is as its readers want it.
  struct Dequantizer {
    ValuePlan* output;
    FoundValue scale;
    Form* wanted;  // of the scale
  };

  const onnx::ModelProto& model_;
  const FloatIslands& islands_;
  const ElementTypes types_;
  std::unordered_set<const onnx::NodeProto*> kept_;
  std::set<std::string> float_inputs_;
  std::vector<Dequantizer> dequantizers_;
};

}  // namespace

FoundValue FindValue(GraphPlan& graph, const std::string& name) {
  for (GraphPlan* at = &graph; at != nullptr; at = at->outer) {
    const auto found = at->values.find(name);
    if (found != at->values.end()) return {&found->second, at};
  }
  return {};
}

std::unique_ptr<GraphPlan> PlanHalf(const onnx::ModelProto& model, const FloatIslands& islands) {
  return Planner(model, islands).Run();
}

}  // namespace quantab
