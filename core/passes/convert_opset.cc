// Converts a model to another operator set.
//   before:  opset 9: Upsample(x, scales), Slice of attributes, ...
//   after:   opset 11: Resize(x, roi, scales), Slice of inputs, ...
// The official converter does it, but for Upsample and Resize, whose successors it gives another
// rule for coordinates, and Scan of operator set 8, for which it changes the inputs of the model.
#include <string>

#include "core/base/error.h"
#include "core/graph/graph_edit.h"
#include "core/onnx/official.h"
#include "core/passes/replace_upsample.h"
#include "core/passes/steps.h"

namespace quantab {
namespace {

constexpr int64_t kLeast = 11;  // of the operator sets that models are quantized in

constexpr int64_t kLastWithBatchesInScan = 8;

bool HasScan(const onnx::GraphProto& graph) {
  bool has = false;
  for (const auto& node : graph.node()) {
    has = has || (node.op_type() == "Scan" && CanonicalDomain(node.domain()).empty());
    ForEachSubgraph(node, [&](const onnx::GraphProto& inner) { has = has || HasScan(inner); });
  }
  return has;
}

void RefuseScan(const Model& model, int64_t version) {
  const bool crosses =
      (OpsetVersion(model.proto) <= kLastWithBatchesInScan) != (version <= kLastWithBatchesInScan);
  if (!crosses || !HasScan(model.proto.graph())) return;
  ThrowUnsupported(
      "'" + model.name + "' cannot be converted to operator set " + std::to_string(version) +
      ": Scan of operator set 8 runs over batches, which later ones cannot. Export the "
      "model with that operator set instead.");
}

void Convert(Model& model, int64_t version, Monitor* monitor) {
  const bool aside = OpsetVersion(model.proto) < kLeast && version >= kLeast;
  RefuseScan(model, version);
  Model converted = model;
  if (aside) {
    InferShapes(converted, monitor);  // the converter needs shapes behind what is set aside
    SetResizesAside(converted);
  }
  ConvertVersion(converted, version);
  if (aside) RestoreResizes(converted);
  model = std::move(converted);
}

}  // namespace

void ConvertOpset(Model& model, const PreProcessOptions& options, Monitor* monitor) {
  const int64_t present = OpsetVersion(model.proto);
  if (present == 0) {
    if (!options.opset_version) return;
    ThrowUnsupported("'" + model.name +
                     "' uses no operator set 'ai.onnx' that could be converted.");
  }
  if (options.opset_version) {
    Convert(model, *options.opset_version, monitor);
    return;
  }
  if (present >= kLeast) return;
  try {
    Convert(model, kLeast, monitor);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    Warn(monitor,
         "The model keeps its operator set " + std::to_string(present) + ". " + error.message());
  }
}

}  // namespace quantab
