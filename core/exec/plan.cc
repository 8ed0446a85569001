#include "core/exec/plan.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "core/graph/graph_view.h"
#include "core/lower/lower.h"

namespace quantab {
namespace {

constexpr size_t kNodesInMessage = 10;  // of each operator

void CollectLowered(const Model& model, const onnx::GraphProto& graph,
                    std::vector<UnsupportedNode>& found) {
  for (int i = 0; i < graph.node_size(); ++i) {
    const onnx::NodeProto& node = graph.node(i);
    if (node.domain() == kLowerDomain) {
      found.push_back({NodeLabel(node, i), node.op_type(), node.domain(),
                       OpsetVersion(model.proto, node.domain())});
    }
    for (const onnx::AttributeProto& attribute : node.attribute()) {
      if (attribute.has_g()) CollectLowered(model, attribute.g(), found);
    }
  }
}

std::string DomainLabel(const std::string& domain) { return domain.empty() ? "ai.onnx" : domain; }

// Files with operators of com.microsoft need not import it, as ONNX Runtime has it.
int64_t RunningOpset(const onnx::ModelProto& model, const std::string& domain) {
  const int64_t imported = OpsetVersion(model, domain);
  return imported == 0 && domain == "com.microsoft" ? 1 : imported;
}

bool IsConstantNode(const onnx::NodeProto& node) {
  return node.op_type() == "Constant" && (node.domain().empty() || node.domain() == "ai.onnx") &&
         node.output_size() == 1;
}

// The nodes that the graph's outputs, and the values `also`, depend on.
std::vector<bool> NeededNodes(const onnx::GraphProto& graph, const GraphView& view,
                              std::span<const std::string> also) {
  std::vector<bool> needed(static_cast<size_t>(graph.node_size()), false);
  std::vector<int> open;
  const auto need = [&](const std::string& value) {
    const int producer = view.Producer(value);
    if (producer < 0 || needed[static_cast<size_t>(producer)]) return;
    needed[static_cast<size_t>(producer)] = true;
    open.push_back(producer);
  };
  for (const onnx::ValueInfoProto& output : graph.output()) need(output.name());
  for (const std::string& value : also) need(value);
  while (!open.empty()) {
    const onnx::NodeProto& node = graph.node(open.back());
    open.pop_back();
    for (const std::string& input : node.input()) need(input);
    for (const std::string& captured : CapturedValues(node)) need(captured);
  }
  return needed;
}

// Plans one graph. Values that it does not make come from the graph around it, by `outer`.
class Planner {
 public:
  Planner(const Model& model, const onnx::GraphProto& graph, Planner* outer,
          std::vector<UnsupportedNode>& unsupported)
      : model_(model),
        view_(graph, outer == nullptr ? GraphScope::kMain : GraphScope::kSubgraph),
        outer_(outer),
        unsupported_(unsupported) {}

  Plan Make(std::span<const std::string> also_make = {}) {
    const onnx::GraphProto& graph = view_.graph();
    const std::vector<int> order = view_.TopologicalOrder();
    const std::vector<bool> needed = NeededNodes(graph, view_, also_make);
    for (const onnx::ValueInfoProto& input : graph.input()) {
      const int number = Number(input.name());
      if (plan_.values[static_cast<size_t>(number)].kind == ValueKind::kInput) {
        plan_.inputs.push_back(number);
      }
    }
    for (int index : order) {
      if (needed[static_cast<size_t>(index)]) AddNode(graph.node(index), index);
    }
    for (const onnx::ValueInfoProto& output : graph.output()) {
      if (!missing_.contains(output.name())) AddOutput(output.name());
    }
    FindDeaths();
    return std::move(plan_);
  }

 private:
  int Number(const std::string& name) {
    const auto [at, inserted] = plan_.numbers.try_emplace(name, plan_.values.size());
    if (!inserted) return at->second;
    PlannedValue value;
    value.name = name;
    value.dtype = view_.TypeOfValue(name);
    const bool is_input = view_.Input(name) != nullptr;
    if (const onnx::TensorProto* initializer = view_.Initializer(name)) {
      value.kind = ValueKind::kInitializer;
      value.tensor = initializer;
      value.overridable = is_input;
      value.dtype = TypeOf(*initializer);
    } else if (is_input) {
      value.kind = ValueKind::kInput;
    } else if (view_.Producer(name) < 0 && outer_ != nullptr) {
      Capture(name, value);
    }
    plan_.values.push_back(std::move(value));
    return at->second;
  }

  // Makes `value` the one of that name in the graphs around this one, when they have it.
  void Capture(const std::string& name, PlannedValue& value) {
    value.outer = outer_->Known(name);
    if (value.outer == kNoValue) return;
    value.kind = ValueKind::kCaptured;
    value.dtype = outer_->plan_.values[static_cast<size_t>(value.outer)].dtype;
    outer_->captures_.push_back(value.outer);
  }

  // The number of a value that this graph has, or the graphs around it; kNoValue when none does.
  int Known(const std::string& name) {
    const bool own = plan_.numbers.contains(name) || view_.Input(name) != nullptr ||
                     view_.Initializer(name) != nullptr || view_.Producer(name) >= 0;
    if (!own && (outer_ == nullptr || outer_->Known(name) == kNoValue)) return kNoValue;
    return Number(name);
  }

  int Read(const std::string& name, const std::string& label) {
    const int number = Number(name);
    PlannedValue& value = plan_.values[static_cast<size_t>(number)];
    if (value.kind == ValueKind::kComputed && view_.Producer(name) < 0) {
      Place place;
      place.tensor = name;
      ThrowInvalidModel(label + " reads '" + name + "', which nothing in the graph makes.", place);
    }
    ++value.readers;
    return number;
  }

  // Whether the plan cannot have the node, because what it reads is not made.
  bool IsCutOff(const onnx::NodeProto& node) const {
    if (missing_.empty()) return false;
    const auto is_missing = [&](const std::string& name) { return missing_.contains(name); };
    const std::vector<std::string> captured = CapturedValues(node);
    return std::any_of(node.input().begin(), node.input().end(), is_missing) ||
           std::any_of(captured.begin(), captured.end(), is_missing);
  }

  void LeaveOut(const onnx::NodeProto& node) {
    for (const std::string& output : node.output()) {
      if (output.empty() || !missing_.insert(output).second) continue;
      plan_.missing.push_back(output);
    }
  }

  void AddNode(const onnx::NodeProto& node, int index) {
    if (IsConstantNode(node)) {
      PlannedValue& value = plan_.values[static_cast<size_t>(Number(node.output(0)))];
      value.kind = ValueKind::kConstant;
      value.node = &node;
      return;
    }
    Step step;
    step.node = &node;
    step.place = NodeLabel(node, index);
    step.label = node.name().empty() ? "node " + step.place
                                     : "node '" + node.name() + "' (" + node.op_type() + ")";
    step.opset = RunningOpset(model_.proto, node.domain());
    step.def = OpRegistry::Get().Find(node.domain(), node.op_type(), step.opset);
    if (step.def == nullptr) {
      unsupported_.push_back({step.place, node.op_type(), DomainLabel(node.domain()), step.opset});
      return LeaveOut(node);
    }
    if (IsCutOff(node)) {
      for (const onnx::AttributeProto& attribute : node.attribute()) {
        if (attribute.has_g()) CollectUnsupported(model_, attribute.g(), unsupported_);
      }
      return LeaveOut(node);
    }
    const size_t unsupported = unsupported_.size();
    AddBodies(node, step);
    if (unsupported_.size() > unsupported) return LeaveOut(node);
    for (const std::string& input : node.input()) {
      step.inputs.push_back(input.empty() ? kNoValue : Read(input, step.label));
    }
    for (const std::string& output : node.output()) {
      step.outputs.push_back(output.empty() ? kNoValue : Number(output));
    }
    plan_.steps.push_back(std::move(step));
  }

  void AddBodies(const onnx::NodeProto& node, Step& step) {
    for (const onnx::AttributeProto& attribute : node.attribute()) {
      if (!attribute.has_g()) continue;
      captures_.clear();
      Planner inner(model_, attribute.g(), this, unsupported_);
      step.bodies.push_back({attribute.name(), std::make_unique<Plan>(inner.Make())});
      for (int value : captures_) {
        ++plan_.values[static_cast<size_t>(value)].readers;
        step.captures.push_back(value);
      }
    }
    captures_.clear();
  }

  void AddOutput(const std::string& name) {
    const int number = Read(name, "The graph's output list");
    PlannedValue& value = plan_.values[static_cast<size_t>(number)];
    --value.readers;
    value.is_output = true;
    plan_.outputs.push_back(number);
  }

  // A computed value dies at its last reader, or where it is made when nobody reads it.
  void FindDeaths() {
    std::vector<int> last(plan_.values.size(), kNoValue);
    for (size_t s = 0; s < plan_.steps.size(); ++s) {
      const Step& step = plan_.steps[s];
      for (const std::vector<int>* values : {&step.outputs, &step.inputs, &step.captures}) {
        for (int value : *values) {
          if (value != kNoValue) last[static_cast<size_t>(value)] = static_cast<int>(s);
        }
      }
    }
    for (size_t v = 0; v < last.size(); ++v) {
      const PlannedValue& value = plan_.values[v];
      if (last[v] == kNoValue || value.is_output || value.kind == ValueKind::kInitializer ||
          value.kind == ValueKind::kConstant || value.kind == ValueKind::kCaptured) {
        continue;
      }
      plan_.steps[static_cast<size_t>(last[v])].dies.push_back(static_cast<int>(v));
    }
  }

  const Model& model_;
  const GraphView view_;
  Planner* outer_;
  Plan plan_;
  std::vector<int> captures_;  // values of this plan that the body being planned reads
  std::vector<UnsupportedNode>& unsupported_;
  std::unordered_set<std::string> missing_;  // outputs of nodes that are left out
};

}  // namespace

int Plan::Find(const std::string& name) const {
  const auto at = numbers.find(name);
  return at == numbers.end() ? kNoValue : at->second;
}

Plan MakePlan(const Model& model, bool partial, std::span<const std::string> also_make) {
  std::vector<UnsupportedNode> unsupported;
  Plan plan = Planner(model, model.proto.graph(), nullptr, unsupported).Make(also_make);
  if (!unsupported.empty() && !partial) ThrowUnsupportedNodes(unsupported);
  plan.unsupported = std::move(unsupported);
  return plan;
}

std::string DescribeUnsupported(const std::vector<UnsupportedNode>& nodes) {
  std::vector<std::pair<std::string, std::vector<std::string>>> operators;  // and their nodes
  for (const UnsupportedNode& node : nodes) {
    std::string name = "'" + node.op_type + "' of domain '" + node.domain + "' opset " +
                       std::to_string(node.opset);
    const auto at = std::find_if(operators.begin(), operators.end(),
                                 [&](const auto& op) { return op.first == name; });
    if (at == operators.end()) {
      operators.push_back({std::move(name), {node.node}});
    } else {
      at->second.push_back(node.node);
    }
  }
  std::string message = operators.size() > 1 ? "Unsupported operators" : "Unsupported operator";
  std::string_view separator = ": ";
  for (const auto& [name, places] : operators) {
    message.append(separator) += name + (places.size() > 1 ? " (nodes '" : " (node '");
    const size_t named = std::min(places.size(), kNodesInMessage);
    for (size_t i = 0; i < named; ++i) message += (i > 0 ? "', '" : "") + places[i];
    message += "'";
    if (places.size() > named) {
      message += " and " + std::to_string(places.size() - named) + " more";
    }
    message += ")";
    separator = ", ";
  }
  return message;
}

void ThrowUnsupportedNodes(const std::vector<UnsupportedNode>& nodes) {
  Place place;
  place.node = nodes.front().node;
  ThrowUnsupported(DescribeUnsupported(nodes) + ". This model cannot run here.", place);
}

void RefuseLoweredOperators(const Model& model) {
  std::vector<UnsupportedNode> found;
  CollectLowered(model, model.proto.graph(), found);
  if (!found.empty()) ThrowUnsupportedNodes(found);
}

void CollectUnsupported(const Model& model, const onnx::GraphProto& graph,
                        std::vector<UnsupportedNode>& found) {
  for (int i = 0; i < graph.node_size(); ++i) {
    const onnx::NodeProto& node = graph.node(i);
    const int64_t opset = RunningOpset(model.proto, node.domain());
    if (node.domain() == kLowerDomain ||
        OpRegistry::Get().Find(node.domain(), node.op_type(), opset) == nullptr) {
      found.push_back({NodeLabel(node, i), node.op_type(), DomainLabel(node.domain()), opset});
    }
    for (const onnx::AttributeProto& attribute : node.attribute()) {
      if (attribute.has_g()) CollectUnsupported(model, attribute.g(), found);
      for (const onnx::GraphProto& each : attribute.graphs()) {
        CollectUnsupported(model, each, found);
      }
    }
  }
}

void RethrowAtStep(const Step& step) {
  try {
    try {
      throw;
    } catch (const Error& error) {
      if (!error.place().node.empty()) throw;
      Place place = error.place();
      place.node = step.place;
      throw Error(error.code(), step.label + ": " + error.message(), place);
    }
  } catch (...) {
    RethrowAsError();
  }
}

}  // namespace quantab
