#include "core/onnx/node_check.h"

#include <algorithm>
#include <string_view>

#include "core/base/error.h"
#include "core/onnx/order.h"

namespace quantab {
namespace {

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Comma-separated terms of letters, with one ellipsis to a term at most. Spaces mean nothing.
bool AreTerms(std::string_view text) {
  constexpr std::string_view kEllipsis = "...";
  bool ellipsis = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',') {
      ellipsis = false;
    } else if (text.substr(i).starts_with(kEllipsis) && !ellipsis) {
      ellipsis = true;
      i += kEllipsis.size() - 1;
    } else if (!IsLetter(text[i])) {
      return false;
    }
  }
  return true;
}

bool IsEinsumEquation(std::string text) {
  std::erase(text, ' ');
  const size_t arrow = text.find("->");
  if (arrow == std::string::npos) return AreTerms(text);
  const std::string_view result = std::string_view(text).substr(arrow + 2);
  return AreTerms(std::string_view(text).substr(0, arrow)) && AreTerms(result) &&
         result.find(',') == std::string_view::npos;
}

void CheckNodes(const NodeList& nodes, const std::string& file) {
  int index = -1;
  for (const onnx::NodeProto& node : nodes) {
    ++index;
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_g()) CheckNodes(attribute.g().node(), file);
      for (const auto& graph : attribute.graphs()) CheckNodes(graph.node(), file);
    }
    if (!CanonicalDomain(node.domain()).empty()) continue;
    const auto attribute_of = [&](const std::string& name) -> const onnx::AttributeProto* {
      for (const auto& attribute : node.attribute()) {
        // A function's parameter is known only where the function is called.
        if (attribute.name() == name && attribute.ref_attr_name().empty()) return &attribute;
      }
      return nullptr;
    };
    const std::string trap =
        TrapIn(node.op_type(), attribute_of, static_cast<size_t>(node.output_size()));
    if (trap.empty()) continue;
    Place place;
    place.file = file;
    place.node = NodeLabel(node, index);
    ThrowInvalidModel(
        "'" + file + "': node '" + place.node + "' " + trap + ". Export the model again.", place);
  }
}

}  // namespace

std::string TrapIn(const std::string& op_type, const AttributeOf& attribute_of, size_t outputs) {
  // Read as an int, which a larger number turns into any other.
  const onnx::AttributeProto* axis = attribute_of("axis");
  if (axis != nullptr && axis->i() != static_cast<int32_t>(axis->i())) {
    return "has the axis '" + std::to_string(axis->i()) + "', expected one of its input's";
  }
  if (op_type == "GatherND") {
    const onnx::AttributeProto* batch = attribute_of("batch_dims");
    if (batch != nullptr && batch->i() < 0) {
      return "has the attribute batch_dims '" + std::to_string(batch->i()) +
             "', expected 0 or more";
    }
  }
  if (op_type == "Split") {
    const onnx::AttributeProto* parts = attribute_of("num_outputs");
    if (parts != nullptr && parts->i() != static_cast<int64_t>(outputs)) {
      return "has the attribute num_outputs '" + std::to_string(parts->i()) + "', expected '" +
             std::to_string(outputs) + "', the number of its outputs";
    }
  }
  if (op_type == "Einsum") {
    const onnx::AttributeProto* equation = attribute_of("equation");
    if (equation != nullptr && !IsEinsumEquation(equation->s())) {
      return "has the equation '" + Shorten(equation->s()) +
             "', expected terms of letters, such as 'ij,jk->ik'";
    }
  }
  return "";
}

void CheckNodeAttributes(const onnx::ModelProto& model, const std::string& file) {
  CheckNodes(model.graph().node(), file);
  for (const auto& function : model.functions()) CheckNodes(function.node(), file);
}

}  // namespace quantab
