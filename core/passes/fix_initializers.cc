#include "core/passes/fix_initializers.h"

#include <string_view>
#include <unordered_set>

#include "core/passes/aliases.h"

namespace quantab {
namespace {

std::unordered_set<std::string_view> InitializerNames(const onnx::GraphProto& graph) {
  std::unordered_set<std::string_view> names;
  for (const auto& tensor : graph.initializer()) names.insert(tensor.name());
  return names;
}

}  // namespace

std::vector<std::string> InitializersAmongInputs(const onnx::GraphProto& graph) {
  const auto initializers = InitializerNames(graph);
  std::vector<std::string> names;
  for (const auto& input : graph.input()) {
    if (initializers.contains(input.name())) names.push_back(input.name());
  }
  return names;
}

int FixInitializers(onnx::GraphProto& graph) {
  const auto initializers = InitializerNames(graph);
  const int before = graph.input_size();
  EraseFrom(*graph.mutable_input(),
            [&](const auto& input) { return initializers.contains(input.name()); });
  return before - graph.input_size();
}

}  // namespace quantab
