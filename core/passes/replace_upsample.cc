// Replaces Upsample, which operator set 10 took out.
//   before:  Upsample(x, scales)
//   after:   Resize(x, roi, scales), asymmetric, rounding down; Resize(x, scales) in operator set
//   10
// Needs: an operator set of 10 or more. Models below are converted, see convert_opset.cc.
#include "core/passes/replace_upsample.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/graph/graph_edit.h"
#include "core/passes/pass.h"
#include "core/passes/pattern.h"

namespace quantab {
namespace {

constexpr char kAside[] = "quantab.resize";
constexpr int64_t kFirstResize = 10;
constexpr int64_t kFirstWithCoordinates = 11;
constexpr int64_t kFirstWithoutRoi = 13;
constexpr int64_t kMostScales = 64;

// The value that holds the scales of an Upsample or of a Resize 10: an input, or a new constant of
// what attributes say. Empty where there are none.
std::string ScalesOf(PatternGraph& graph, int i) {
  if (!graph.Input(i, 1).empty()) return graph.Input(i, 1);
  const onnx::NodeProto& node = graph.node(i);
  std::vector<double> scales;
  if (const onnx::AttributeProto* attribute = FindAttribute(node, "scales")) {
    scales.assign(attribute->floats().begin(), attribute->floats().end());
  } else if (FindAttribute(node, "height_scale") != nullptr) {
    scales = {1, 1, static_cast<double>(FloatAttribute(node, "height_scale", 1)),
              static_cast<double>(FloatAttribute(node, "width_scale", 1))};
  }
  if (scales.empty()) return "";
  const Shape dims = {static_cast<int64_t>(scales.size())};
  return graph.AddNumbers(graph.Output(i) + "_scales", DType::kFloat, dims, scales);
}

// How Resize 10 rounds to the nearest element: down where it enlarges, up where it shrinks.
std::string NearestModeOf(const PatternGraph& graph, int i) {
  const auto scales = graph.Numbers(graph.Input(i, 1), kMostScales);
  if (scales) {
    const auto enlarges = [](double scale) { return scale >= 1; };
    const auto shrinks = [](double scale) { return scale <= 1; };
    if (std::all_of(scales->begin(), scales->end(), enlarges)) return "floor";
    if (std::all_of(scales->begin(), scales->end(), shrinks)) return "ceil";
  }
  Place place;
  place.node = NodeLabel(graph.node(i), i);
  ThrowUnsupported("Node '" + place.node +
                       "': Resize of operator set 10 that shrinks some dimensions and enlarges "
                       "others, or whose scales are computed, has no equal in later ones. Export "
                       "the model with operator set 11 or more instead.",
                   place);
}

// (x, scales) with all attributes of Resize 11, but for operator sets in which it has none.
std::optional<onnx::NodeProto> ResizeFor(PatternGraph& graph, int i, int64_t opset) {
  const bool upsample = graph.Is(i, "Upsample");
  const std::string scales = ScalesOf(graph, i);
  if (scales.empty() || graph.Input(i, 0).empty() || graph.Output(i).empty()) return std::nullopt;
  const std::string mode = StringAttribute(graph.node(i), "mode", "nearest");
  onnx::NodeProto resize =
      PatternNode("Resize", graph.node(i).name(), {graph.Input(i, 0), scales}, graph.Output(i));
  PutString(resize, "mode", mode == "bilinear" ? "linear" : mode);
  if (opset < kFirstWithCoordinates) return resize;
  PutString(resize, "coordinate_transformation_mode", "asymmetric");
  if (mode == "nearest") {
    PutString(resize, "nearest_mode", upsample ? "floor" : NearestModeOf(graph, i));
  }
  return resize;
}

// Puts the region of interest, which only Resize 11 and 12 cannot do without, between the inputs.
void AddRoi(PatternGraph& graph, onnx::NodeProto& resize) {
  std::string roi;
  if (graph.opset() < kFirstWithoutRoi) {
    roi = graph.AddConstant(resize.output(0) + "_roi", DType::kFloat, {0}, MakeMemoryBlob({}));
  }
  const std::string scales = resize.input(1);
  resize.set_input(1, roi);
  resize.add_input(scales);
}

bool Replace(PatternGraph& graph, int i) {
  if (!graph.Is(i, "Upsample") || graph.opset() < kFirstResize) return false;
  auto resize = ResizeFor(graph, i, graph.opset());
  if (!resize) return false;
  if (graph.opset() >= kFirstWithCoordinates) AddRoi(graph, *resize);
  graph.Replace(i, std::move(*resize));
  return true;
}

}  // namespace

void SetResizesAside(Model& model) {
  const bool any = RewriteNodes(model, [](PatternGraph& graph, int i) {
    if (!graph.Is(i, "Upsample") && !graph.Is(i, "Resize")) return false;
    auto resize = ResizeFor(graph, i, kFirstWithCoordinates);
    if (!resize) return false;
    resize->set_domain(kAside);
    graph.Replace(i, std::move(*resize));
    return true;
  });
  if (!any) return;
  auto* import = model.proto.add_opset_import();
  import->set_domain(kAside);
  import->set_version(1);
}

void RestoreResizes(Model& model) {
  RewriteNodes(model, [](PatternGraph& graph, int i) {
    if (graph.node(i).domain() != kAside) return false;
    onnx::NodeProto resize = graph.node(i);
    resize.clear_domain();
    AddRoi(graph, resize);
    graph.Replace(i, std::move(resize));
    return true;
  });
  auto& imports = *model.proto.mutable_opset_import();
  for (int i = imports.size() - 1; i >= 0; --i) {
    if (imports[i].domain() == kAside) imports.DeleteSubrange(i, 1);
  }
}

QUANTAB_REGISTER(passes, replace_upsample) {
  r.Add({.name = "replace_upsample",
         .stage = PassStage::kNormalize,
         .run = [](Model& model, const PassContext&) { return RewriteNodes(model, Replace); }});
}

}  // namespace quantab
