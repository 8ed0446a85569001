#include "core/onnx/function_calls.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "core/base/error.h"
#include "core/onnx/message_kind.h"

namespace quantab {
namespace {

// A parsed node takes about a kilobyte with its names and inferred types. Ten times what the
// largest exported models have still fits a 32-bit address space several times over, which matters
// because a model is copied on its way.
constexpr uint64_t kMaxNodes = 200'000;
// Constants inside functions are copied for every call, too.
constexpr uint64_t kMaxBytes = uint64_t{64} << 20;

using FunctionKey = std::tuple<std::string, std::string, std::string>;  // domain, name, overload

// What calls amount to.
struct Extent {
  uint64_t nodes = 0;  // that they bring in, when each call is written out
  uint64_t bytes = 0;
  int levels = 0;  // of graphs and functions inside
};

template <class List>
uint64_t CountNodes(const List& nodes) {
  uint64_t count = 0;
  for (const onnx::NodeProto& node : nodes) {
    ++count;
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_g()) count += CountNodes(attribute.g().node());
      for (const auto& graph : attribute.graphs()) count += CountNodes(graph.node());
    }
  }
  return count;
}

class CallChecker {
 public:
  CallChecker(const onnx::ModelProto& model, const std::string& file) : model_(model), file_(file) {
    for (const auto& function : model.functions()) {
      const auto [entry, fresh] = functions_.try_emplace(
          {CanonicalDomain(function.domain()), function.name(), function.overload()},
          Seen{&function});
      if (!fresh) FailFunction(function, "is defined twice");
    }
  }

  uint64_t Run() {
    if (functions_.empty()) return 0;
    const uint64_t nodes = Nodes(model_.graph().node(), 1).nodes;
    // Functions that nobody calls may still call each other.
    for (auto& [key, seen] : functions_) Function(seen, 1);
    return nodes;
  }

 private:
  struct Seen {
    const onnx::FunctionProto* function;
    bool open = false;
    std::optional<Extent> extent = {};
  };

  [[noreturn]] void FailFunction(const onnx::FunctionProto& function,
                                 const std::string& what) const {
    Place place;
    place.file = file_;
    ThrowInvalidModel(
        "'" + file_ + "': function '" + function.name() + "' " + what + ". Export the model again.",
        place);
  }

  [[noreturn]] void FailExtent(const std::string& what) const {
    Place place;
    place.file = file_;
    ThrowUnsupported(
        "'" + file_ + "' has local functions that " + what + ". Export the model without them.",
        place);
  }

  // `level` counts the graphs and calls around a body, and itself.
  void CheckLevel(int level) const {
    if (level > kMaxGraphDepth) {
      FailExtent("nest more than " + std::to_string(kMaxGraphDepth) +
                 " deep, together with the graphs in them");
    }
  }

  Extent Function(Seen& seen, int level) {
    if (seen.open) FailFunction(*seen.function, "calls itself");
    if (!seen.extent) {
      CheckLevel(level);
      seen.open = true;
      Extent extent = Nodes(seen.function->node(), level);
      seen.open = false;
      Add({CountNodes(seen.function->node()), seen.function->ByteSizeLong(), 0}, extent);
      seen.extent = extent;
    }
    CheckLevel(level + seen.extent->levels - 1);
    return *seen.extent;
  }

  void Add(const Extent& part, Extent& total) const {
    total.nodes += part.nodes;
    total.bytes += part.bytes;
    total.levels = std::max(total.levels, part.levels + 1);
    if (total.nodes > kMaxNodes || total.bytes > kMaxBytes) {
      FailExtent("amount to over " + std::to_string(kMaxNodes) + " nodes or " +
                 std::to_string(kMaxBytes >> 20) + " MB when every call is written out");
    }
  }

  template <class List>
  Extent Nodes(const List& nodes, int level) {
    Extent total;
    total.levels = 1;
    const auto add_graph = [&](const onnx::GraphProto& graph) {
      CheckLevel(level + 1);
      Add(Nodes(graph.node(), level + 1), total);
    };
    for (const onnx::NodeProto& node : nodes) {
      for (const auto& attribute : node.attribute()) {
        if (attribute.has_g()) add_graph(attribute.g());
        for (const auto& graph : attribute.graphs()) add_graph(graph);
      }
      const auto callee =
          functions_.find({CanonicalDomain(node.domain()), node.op_type(), node.overload()});
      if (callee != functions_.end()) Add(Function(callee->second, level + 1), total);
    }
    return total;
  }

  const onnx::ModelProto& model_;
  const std::string& file_;
  std::map<FunctionKey, Seen> functions_;
};

}  // namespace

uint64_t CheckFunctionCalls(const onnx::ModelProto& model, const std::string& file) {
  return CallChecker(model, file).Run();
}

}  // namespace quantab
