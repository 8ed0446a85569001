#include "core/passes/pre_process.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "core/base/error.h"
#include "core/graph/graph_edit.h"
#include "core/graph/graph_view.h"
#include "core/onnx/official.h"
#include "core/passes/aliases.h"
#include "core/passes/declared_types.h"
#include "core/passes/fix_initializers.h"
#include "core/passes/pass.h"
#include "core/passes/steps.h"

namespace quantab {
namespace {

// Before, every initializer had to be an input too, and none could be replaced by a caller.
constexpr int64_t kFirstWithFreeInitializers = 4;
// Bounds for passes that undo each other's work. Models take a round for each stretch of shapes
// that can be told only when the one before has been computed.
constexpr int kMostRounds = 64;
constexpr int kMostRepeats = 16;

void CheckPassNames(const std::vector<std::string>& names, const char* option) {
  for (const std::string& name : names) {
    std::string known;
    bool found = false;
    for (const PassDef& pass : PassRegistry::Get().all()) {
      found = found || pass.name == name;
      known += (known.empty() ? "'" : ", '") + std::string(pass.name) + "'";
    }
    if (found) continue;
    ThrowInvalidArgument(std::string(option) + ": there is no rewrite '" + Shorten(name) +
                         "'; there are " + known + ".");
  }
}

// One entry for ai.onnx, however it is spelled.
void MergeImports(onnx::ModelProto& proto) {
  auto& imports = *proto.mutable_opset_import();
  const int64_t version = OpsetVersion(proto);
  bool seen = false;
  for (int i = 0; i < imports.size();) {
    const bool repeated = CanonicalDomain(imports[i].domain()).empty() && seen;
    seen = seen || CanonicalDomain(imports[i].domain()).empty();
    if (!repeated) {
      ++i;
      continue;
    }
    if (imports[i].version() != version) {
      ThrowInvalidModel("The model imports the operator set 'ai.onnx' in the versions " +
                        std::to_string(version) + " and " + std::to_string(imports[i].version()) +
                        "; which one its nodes mean is unknown.");
    }
    imports.DeleteSubrange(i, 1);
  }
}

// Of several initializers of one name the last counts; initializers of old models stop being
// inputs.
void FreeInitializers(onnx::ModelProto& proto) {
  onnx::GraphProto& graph = *proto.mutable_graph();
  std::unordered_map<std::string, const onnx::TensorProto*> last;
  for (const auto& tensor : graph.initializer()) last[tensor.name()] = &tensor;
  EraseFrom(*graph.mutable_initializer(),
            [&](const auto& tensor) { return last.at(tensor.name()) != &tensor; });
  if (proto.ir_version() >= kFirstWithFreeInitializers) return;
  FixInitializers(graph);
  proto.set_ir_version(kFirstWithFreeInitializers);
}

void WarnOfReplaceable(const onnx::GraphProto& graph, Monitor* monitor) {
  const std::vector<std::string> names = InitializersAmongInputs(graph);
  if (names.empty()) return;
  const size_t others = names.size() - 1;
  Warn(monitor, "Initializer '" + names[0] + "'" +
                    (others > 0 ? " and " + std::to_string(others) + " more are" : " is") +
                    " among the model's inputs, where a caller may replace them: nothing was "
                    "folded into them. To make them constants add "
                    "'remove_initializers_from_inputs' to 'optional_passes'.");
}

void InlineWhatCanBe(Model& model, Monitor* monitor) {
  try {
    InlineFunctions(model);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    Warn(monitor, "Calls of local functions stay as they are. " + error.message());
  }
}

// Puts producers first, in every graph.
void SortGraphs(onnx::GraphProto& graph, GraphScope scope) {
  const std::vector<int> order = GraphView(graph, scope).TopologicalOrder();
  if (!std::is_sorted(order.begin(), order.end())) {
    google::protobuf::RepeatedPtrField<onnx::NodeProto> sorted;
    sorted.Reserve(graph.node_size());
    for (const int i : order) sorted.Add()->Swap(graph.mutable_node(i));
    graph.mutable_node()->Swap(&sorted);
  }
  for (auto& node : *graph.mutable_node()) {
    ForEachSubgraph(node,
                    [](onnx::GraphProto& inner) { SortGraphs(inner, GraphScope::kSubgraph); });
  }
}

// The passes that run, and how often each changed something.
class PassRuns {
 public:
  PassRuns(const PreProcessOptions& options, Monitor* monitor) : context_{options, monitor} {
    const auto names = [](const std::vector<std::string>& list, std::string_view name) {
      return std::find(list.begin(), list.end(), name) != list.end();
    };
    for (const PassDef& pass : PassRegistry::Get().all()) {
      if (names(options.skip_passes, pass.name)) continue;
      if (pass.optional && !names(options.optional_passes, pass.name)) continue;
      passes_.push_back({pass, 0});
    }
    std::sort(passes_.begin(), passes_.end(),
              [](const auto& a, const auto& b) { return a.first.name < b.first.name; });
  }

  // All stages until nothing changes. Types and shapes are inferred anew after each round.
  void Run(Model& model, const DeclaredTypes& declared) {
    for (int round = 0; round < kMostRounds; ++round) {
      bool changed = false;
      for (const auto stage : {PassStage::kNormalize, PassStage::kFold, PassStage::kFuse}) {
        changed |= RunStage(model, stage);
      }
      if (!changed) return;
      SortGraphs(*model.proto.mutable_graph(), GraphScope::kMain);
      declared.Forget(model.proto);
      InferTypes(model, context_.options, context_.monitor);
    }
  }

  std::vector<std::pair<std::string, int>> Changes() const {
    std::vector<std::pair<std::string, int>> changes;
    for (const auto& [pass, count] : passes_) {
      if (count > 0) changes.emplace_back(pass.name, count);
    }
    return changes;
  }

 private:
  bool RunStage(Model& model, PassStage stage) {
    bool changed = false;
    for (int repeat = 0; repeat < kMostRepeats; ++repeat) {
      bool again = false;
      for (auto& [pass, count] : passes_) {
        if (pass.stage != stage) continue;
        CheckCancelled(context_.monitor);
        if (!pass.run(model, context_)) continue;
        ++count;
        again = true;
      }
      changed |= again;
      if (!again) break;
    }
    return changed;
  }

  PassContext context_;
  std::vector<std::pair<PassDef, int>> passes_;
};

// Says, in the words that ONNX Runtime's quantizers look for, that this was done.
void AddMetadata(onnx::ModelProto& proto) {
  constexpr char kKey[] = "onnx.quant.pre_process";
  google::protobuf::RepeatedPtrField<onnx::StringStringEntryProto> entries;
  auto* entry = entries.Add();
  entry->set_key(kKey);
  entry->set_value("onnxruntime.quant");
  for (auto& kept : *proto.mutable_metadata_props()) {
    if (kept.key() == kKey) {
      entry->set_value(kept.value());
    } else {
      *entries.Add() = std::move(kept);
    }
  }
  proto.mutable_metadata_props()->Swap(&entries);
}

}  // namespace

PreProcessed PreProcess(const Model& model, const PreProcessOptions& options, Monitor* monitor) {
  return Guard([&] {
    CheckPassNames(options.skip_passes, "skip_passes");
    CheckPassNames(options.optional_passes, "optional_passes");
    PreProcessed result;
    result.model = model;
    Model& made = result.model;
    MergeImports(made.proto);
    FreeInitializers(made.proto);
    FixDimensions(made, options);
    if (!options.skip_optimization) InlineWhatCanBe(made, monitor);
    ConvertOpset(made, options, monitor);

    const DeclaredTypes declared(made.proto);
    declared.Forget(made.proto);
    InferTypes(made, options, monitor);
    if (!options.skip_optimization) {
      PassRuns runs(options, monitor);
      runs.Run(made, declared);
      result.changes = runs.Changes();
      WarnOfReplaceable(made.proto.graph(), monitor);
    }
    declared.Restore(made.proto, !(options.skip_onnx_shape && options.skip_symbolic_shape));
    MoveChannelsLast(made, options);
    AddMetadata(made.proto);
    CollectWeights(made);
    return result;
  });
}

}  // namespace quantab
