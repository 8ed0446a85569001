#include "core/onnx/function_calls.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "core/base/error.h"

namespace quantab {
namespace {

constexpr int kMaxCallDepth = 64;
constexpr uint64_t kMaxNodes = 10'000'000;

using FunctionKey = std::tuple<std::string, std::string, std::string>;  // domain, name, overload

class CallChecker {
 public:
  CallChecker(const onnx::ModelProto& model, const std::string& file) : model_(model), file_(file) {
    for (const auto& function : model.functions()) {
      functions_.try_emplace({Domain(function.domain()), function.name(), function.overload()},
                             Seen{&function});
    }
  }

  void Run() {
    if (!functions_.empty()) Nodes(model_.graph().node(), 0);
    // Functions that nobody calls may still call each other.
    for (auto& [key, seen] : functions_) Function(seen, 0);
  }

 private:
  struct Seen {
    const onnx::FunctionProto* function;
    bool open = false;
    uint64_t nodes = 0;  // written out; 0 until known
    int depth = 0;       // of calls inside
  };
  struct Extent {
    uint64_t nodes = 0;
    int depth = 0;
  };

  static std::string Domain(const std::string& domain) { return domain == "ai.onnx" ? "" : domain; }

  [[noreturn]] void FailExtent() const {
    Place place;
    place.file = file_;
    ThrowUnsupported("'" + file_ +
                         "' has local functions that nest over 64 deep, or amount to over ten "
                         "million nodes. Inline them before.",
                     place);
  }

  Extent Function(Seen& seen, int depth) {
    if (seen.open) {
      Place place;
      place.file = file_;
      ThrowInvalidModel("'" + file_ + "': function '" + seen.function->name() +
                            "' calls itself. Export the model again.",
                        place);
    }
    if (seen.nodes > 0) {
      if (depth + seen.depth > kMaxCallDepth) FailExtent();
      return {seen.nodes, seen.depth};
    }
    if (depth > kMaxCallDepth) FailExtent();
    seen.open = true;
    const Extent extent = Nodes(seen.function->node(), depth);
    seen.open = false;
    seen.nodes = extent.nodes + 1;
    seen.depth = extent.depth;
    return {seen.nodes, seen.depth};
  }

  template <class List>
  Extent Nodes(const List& nodes, int depth) {
    Extent total;
    const auto add = [&](const Extent& part, int deeper) {
      total.nodes += part.nodes;
      total.depth = std::max(total.depth, part.depth + deeper);
      if (total.nodes > kMaxNodes) FailExtent();
    };
    for (const onnx::NodeProto& node : nodes) {
      add({1, 0}, 0);
      for (const auto& attribute : node.attribute()) {
        if (attribute.has_g()) add(Nodes(attribute.g().node(), depth), 0);
        for (const auto& graph : attribute.graphs()) add(Nodes(graph.node(), depth), 0);
      }
      const auto callee = functions_.find({Domain(node.domain()), node.op_type(), node.overload()});
      if (callee != functions_.end()) add(Function(callee->second, depth + 1), 1);
    }
    return total;
  }

  const onnx::ModelProto& model_;
  const std::string& file_;
  std::map<FunctionKey, Seen> functions_;
};

}  // namespace

void CheckFunctionCalls(const onnx::ModelProto& model, const std::string& file) {
  CallChecker(model, file).Run();
}

}  // namespace quantab
