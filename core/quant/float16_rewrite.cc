#include "core/quant/float16_rewrite.h"

#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/base/error.h"
#include "core/graph/graph_edit.h"
#include "core/onnx/order.h"
#include "core/quant/float16_attributes.h"

namespace quantab {
namespace {

Form Other(Form form) { return form == Form::kHalf ? Form::kFloat : Form::kHalf; }

onnx::TensorProto::DataType ElementOf(Form form) {
  return form == Form::kHalf ? onnx::TensorProto::FLOAT16 : onnx::TensorProto::FLOAT;
}

// All names of values and nodes, so that new ones differ from them.
class Names {
 public:
  explicit Names(const onnx::GraphProto& graph) { Collect(graph); }

  std::string Fresh(const std::string& name) {
    std::string fresh = name;
    for (int i = 1; !names_.insert(fresh).second; ++i) fresh = name + "_" + std::to_string(i);
    return fresh;
  }
  // Whether a name means different values in different graphs.
  bool repeat() const { return repeat_; }

 private:
  void Value(const std::string& name) { repeat_ |= !name.empty() && !values_.insert(name).second; }

  void Collect(const onnx::GraphProto& graph) {
    std::unordered_set<std::string> declared;
    for (const auto& input : graph.input()) declared.insert(input.name());
    for (const auto& tensor : graph.initializer()) declared.insert(tensor.name());
    for (const auto& tensor : graph.sparse_initializer()) declared.insert(tensor.values().name());
    for (const std::string& name : declared) Value(name);
    for (const auto& node : graph.node()) {
      for (const std::string& output : node.output()) Value(output);
      names_.insert(node.name());
      ForEachSubgraph(node, [&](const onnx::GraphProto& inner) { Collect(inner); });
    }
    names_.insert(values_.begin(), values_.end());
  }

  std::unordered_set<std::string> names_, values_;
  bool repeat_ = false;
};

class Rewriter {
 public:
  Rewriter(Model& model, HalfConstants& constants, bool cast_constants)
      : constants_(constants), cast_constants_(cast_constants), names_(model.proto.graph()) {}

  void Graph(onnx::GraphProto& graph, GraphPlan& plan) {
    NodeList sorted;
    sorted.Reserve(graph.node_size());
    NodeList* const outer = std::exchange(nodes_, &sorted);
    NameValues(graph, plan);
    for (auto& input : *graph.mutable_input()) {
      const ValuePlan& value = plan.values.at(input.name());
      if (value.form == Form::kHalf) {
        SetElementType(*input.mutable_type(), onnx::TensorProto::FLOAT16);
      }
      AddCastIfWanted(value);
    }
    Initializers(graph, plan);
    for (const int index : plan.order) Node(*graph.mutable_node(index), plan, index);
    Outputs(graph, plan);
    for (auto& info : *graph.mutable_value_info()) {
      const auto value = plan.values.find(info.name());
      if (value == plan.values.end() || value->second.form == Form::kAny) continue;
      const Form form = NamesOf(value->second).half == info.name() ? Form::kHalf : Form::kFloat;
      SetElementType(*info.mutable_type(), ElementOf(form));
    }
    graph.mutable_node()->Swap(&sorted);
    nodes_ = outer;
  }

  std::vector<std::string> kept() && { return std::move(kept_); }

 private:
  struct ValueNames {
    std::string as_float, half;
    const std::string& Of(Form form) const { return form == Form::kHalf ? half : as_float; }
    std::string& Of(Form form) { return form == Form::kHalf ? half : as_float; }
  };

  ValueNames& NamesOf(const ValuePlan& value) { return named_[&value]; }

  static bool IsWantedAs(const ValuePlan& value, Form form) {
    return form == Form::kHalf ? value.wants_half : value.wants_float;
  }

  // A graph output keeps its name in the form in which it goes out; other values keep theirs in the
  // form in which they are made.
  void NameValues(const onnx::GraphProto& graph, const GraphPlan& plan) {
    std::unordered_map<std::string, Form> outputs;
    for (int i = 0; i < graph.output_size(); ++i) {
      outputs.emplace(graph.output(i).name(), plan.outputs[static_cast<size_t>(i)]);
      outputs_[&plan].insert(graph.output(i).name());
    }
    // In the order of the file, so that fresh names do not depend on a hash.
    const auto name = [&](const std::string& value_name) {
      const auto found = plan.values.find(value_name);
      if (found == plan.values.end() || found->second.form == Form::kAny) return;
      const ValuePlan& value = found->second;
      const auto output = outputs.find(value_name);
      const bool is_output = output != outputs.end() && output->second != Form::kAny;
      const bool may_be_renamed = value.maker >= 0 || value.initializer;
      const Form own = is_output && may_be_renamed ? output->second : value.form;
      ValueNames& names = NamesOf(value);
      names.Of(own) = value_name;
      if (IsWantedAs(value, Other(own)) || value.form != own) {
        names.Of(Other(own)) =
            names_.Fresh(value_name + (own == Form::kHalf ? "_float32" : "_float16"));
      }
    };
    for (const auto& input : graph.input()) name(input.name());
    for (const auto& tensor : graph.initializer()) name(tensor.name());
    for (const auto& tensor : graph.sparse_initializer()) name(tensor.values().name());
    for (const int index : plan.order) {
      for (const std::string& output : graph.node(index).output()) name(output);
    }
  }

  void AddCastIfWanted(const ValuePlan& value) {
    if (value.form == Form::kAny || !IsWantedAs(value, Other(value.form))) return;
    const ValueNames& names = NamesOf(value);
    onnx::NodeProto& cast = *nodes_->Add();
    cast.set_op_type("Cast");
    cast.add_input(names.Of(value.form));
    cast.add_output(names.Of(Other(value.form)));
    cast.set_name(names_.Fresh(cast.output(0) + "_cast"));
    SetIntAttribute(cast, "to", ElementOf(Other(value.form)));
  }

  void Initializers(onnx::GraphProto& graph, const GraphPlan& plan) {
    const int count = graph.initializer_size();
    for (int i = 0; i < count; ++i) {
      onnx::TensorProto& tensor = *graph.mutable_initializer(i);
      const ValuePlan& value = plan.values.at(tensor.name());
      if (value.form == Form::kAny) continue;
      const bool also_float =
          value.initializer && value.form == Form::kHalf && value.wants_float && !cast_constants_;
      tensor.set_name(NamesOf(value).Of(value.form));
      if (also_float) {
        // Adding may move the messages.
        onnx::TensorProto copy = tensor;
        copy.set_name(NamesOf(value).as_float);
        *graph.add_initializer() = std::move(copy);
      }
      if (value.form == Form::kHalf) constants_.Convert(*graph.mutable_initializer(i));
      if (value.initializer && !also_float) AddCastIfWanted(value);
    }
    for (auto& tensor : *graph.mutable_sparse_initializer()) {
      const ValuePlan& value = plan.values.at(tensor.values().name());
      if (value.form == Form::kAny) continue;
      tensor.mutable_values()->set_name(NamesOf(value).Of(value.form));
      AddCastIfWanted(value);
    }
  }

  void Node(onnx::NodeProto& node, GraphPlan& plan, int index) {
    const NodePlan& own = plan.nodes[static_cast<size_t>(index)];
    if (ComputesInFloat(node, own, plan)) kept_.push_back(NodeLabel(node, index));
    if (IsIdleCast(node, plan)) return;
    for (int i = 0; i < node.input_size(); ++i) {
      const ValuePlan* value = FindValue(plan, node.input(i)).value;
      if (value == nullptr) continue;
      std::string name = InputName(*value, own.inputs[static_cast<size_t>(i)], node.input(i));
      *node.mutable_input(i) = std::move(name);
    }
    for (auto& attribute : *node.mutable_attribute()) {
      if (attribute.has_g()) Body(*attribute.mutable_g(), plan);
      for (auto& body : *attribute.mutable_graphs()) Body(body, plan);
    }
    MadeValues(node, plan);
  }

  void Body(onnx::GraphProto& body, GraphPlan& plan) { Graph(body, *plan.bodies.at(&body)); }

  void MadeValues(onnx::NodeProto& node, GraphPlan& plan) {
    std::vector<const ValuePlan*> made;
    bool half = false;
    for (std::string& output : *node.mutable_output()) {
      const auto found = plan.values.find(output);
      if (output.empty() || found == plan.values.end()) continue;
      const ValuePlan& value = found->second;
      if (value.form == Form::kAny) continue;
      made.push_back(&value);
      half |= value.form == Form::kHalf;
      output = NamesOf(value).Of(value.form);
    }
    const bool twice = node.op_type() == "Constant" && made.size() == 1 && !half &&
                       made[0]->wants_half && FindAttribute(node, "sparse_value") == nullptr;
    if (half) {
      MakeHalf(node, constants_);
    } else if (!made.empty()) {
      MakeFloat(node);
    }
    nodes_->Add()->Swap(&node);
    if (twice) {
      onnx::NodeProto& copy = *nodes_->Add();
      copy = nodes_->Get(nodes_->size() - 2);
      copy.set_output(0, NamesOf(*made[0]).half);
      copy.set_name(names_.Fresh(copy.output(0) + "_constant"));
      MakeHalf(copy, constants_);
      return;
    }
    for (const ValuePlan* value : made) AddCastIfWanted(*value);
  }

  std::string InputName(const ValuePlan& value, Form wanted, const std::string& name) {
    const auto renamed = plain_.find(&value);
    if (renamed != plain_.end()) return renamed->second;
    if (value.form == Form::kAny) return name;
    return NamesOf(value).Of(wanted == Form::kAny ? value.form : wanted);
  }

  static bool ComputesInFloat(const onnx::NodeProto& node, const NodePlan& own,
                              const GraphPlan& plan) {
    bool in_float = false;
    bool in_half = false;
    const auto see = [&](Form form) {
      in_float |= form == Form::kFloat;
      in_half |= form == Form::kHalf;
    };
    for (const Form form : own.inputs) see(form);
    for (const std::string& output : node.output()) {
      const auto value = plan.values.find(output);
      if (value != plan.values.end() && !value->second.flexible) see(value->second.form);
    }
    return in_float && !in_half;
  }

  // Takes out a Cast to the type that its input has by now: readers get the input instead.
  bool IsIdleCast(const onnx::NodeProto& node, GraphPlan& plan) {
    if (node.op_type() != "Cast" || !CanonicalDomain(node.domain()).empty() ||
        node.input_size() != 1 || node.output_size() != 1 || names_.repeat()) {
      return false;
    }
    const FoundValue input = FindValue(plan, node.input(0));
    const auto made = plan.values.find(node.output(0));
    if (input.value == nullptr || made == plan.values.end() || IsOutput(plan, node.output(0))) {
      return false;
    }
    const ValuePlan& output = made->second;
    const auto type = [](const ValuePlan& value) {
      return value.form == Form::kHalf ? WithHalf(value.type) : value.type;
    };
    const bool changed = input.value->form == Form::kHalf || output.form == Form::kHalf;
    if (!changed || type(*input.value) != type(output)) return false;
    const std::string name = InputName(*input.value, Form::kAny, node.input(0));
    if (output.form == Form::kAny) {
      plain_[&output] = name;
    } else {
      NamesOf(output).Of(output.form) = name;
      AddCastIfWanted(output);
    }
    return true;
  }

  bool IsOutput(const GraphPlan& plan, const std::string& name) const {
    const auto found = outputs_.find(&plan);
    return found != outputs_.end() && found->second.contains(name);
  }

  void Outputs(onnx::GraphProto& graph, GraphPlan& plan) {
    for (int i = 0; i < graph.output_size(); ++i) {
      onnx::ValueInfoProto& output = *graph.mutable_output(i);
      const ValuePlan* value = FindValue(plan, output.name()).value;
      if (value == nullptr || value->form == Form::kAny) continue;
      const Form wanted = plan.outputs[static_cast<size_t>(i)];
      const Form form = wanted == Form::kAny ? value->form : wanted;
      // Only a body's output, which has no name outside, can have come by another.
      output.set_name(NamesOf(*value).Of(form));
      if (form == Form::kHalf) {
        SetElementType(*output.mutable_type(), onnx::TensorProto::FLOAT16);
      }
    }
  }

  HalfConstants& constants_;
  const bool cast_constants_;
  Names names_;
  NodeList* nodes_ = nullptr;
  std::unordered_map<const ValuePlan*, ValueNames> named_;
  std::unordered_map<const ValuePlan*, std::string> plain_;  // of values that are not float32
  std::unordered_map<const GraphPlan*, std::unordered_set<std::string>> outputs_;
  std::vector<std::string> kept_;
};

}  // namespace

std::vector<std::string> RewriteHalf(Model& model, GraphPlan& plan, HalfConstants& constants,
                                     bool cast_constants) {
  Rewriter rewriter(model, constants, cast_constants);
  rewriter.Graph(*model.proto.mutable_graph(), plan);
  return std::move(rewriter).kept();
}

}  // namespace quantab
