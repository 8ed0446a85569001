// Moves a DequantizeLinear below operators that only move or select elements, so that they run on
// bytes.
//   before:  q -> DequantizeLinear(s, z) -> Move -> y
//   after:   q -> Move -> DequantizeLinear(s, z) -> y
// Needs: one scale for the whole tensor; every reader of y is a QuantizeLinear or another such
// operator, so that the bytes lead somewhere.
#include <algorithm>
#include <array>

#include "core/lower/lower.h"

namespace quantab {
namespace {

// MaxPool selects too, because scales are positive.
constexpr std::array<std::string_view, 12> kMovers = {
    "DepthToSpace", "Expand", "Flatten", "Gather",       "MaxPool", "Reshape",
    "Slice",        "Resize", "Squeeze", "SpaceToDepth", "Tile",    "Transpose"};

bool Moves(const LowerGraph& graph, int i) {
  const onnx::NodeProto& node = graph.node(i);
  if (graph.Is(i, "Unsqueeze")) return true;
  const bool known = std::any_of(kMovers.begin(), kMovers.end(),
                                 [&](std::string_view op) { return graph.Is(i, op); });
  if (!known || node.output_size() != 1) return false;
  if (!graph.Is(i, "Resize")) return true;
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (attribute.name() == "mode" && attribute.s() != "nearest") return false;
    // Around the region of interest it gives a real number, which is no byte.
    if (attribute.name() == "coordinate_transformation_mode" &&
        attribute.s() == "tf_crop_and_resize") {
      return false;
    }
  }
  return true;
}

}  // namespace

void SinkDequantize(LowerGraph& graph) {
  bool changed = true;
  while (changed) {
    changed = false;
    const int count = graph.size();
    for (int i = 0; i < count; ++i) {
      if (!Moves(graph, i) || graph.node(i).input_size() == 0) continue;
      const std::string y = OutputOf(graph.node(i), 0);
      if (graph.IsOutput(y) || graph.IsCaptured(y)) continue;
      const std::vector<int>& readers = graph.Readers(y);
      const bool leads = std::all_of(readers.begin(), readers.end(), [&](int reader) {
        return graph.Is(reader, "QuantizeLinear") ||
               (Moves(graph, reader) && InputOf(graph.node(reader), 0) == y);
      });
      const std::optional<Dequantized> x = graph.DequantizedFrom(InputOf(graph.node(i), 0));
      if (!leads || readers.empty() || !x) continue;
      onnx::NodeProto move = graph.node(i);
      const std::string bytes = graph.NewName(y + "_quantized");
      move.set_input(0, x->value);
      move.set_output(0, bytes);
      graph.Replace(i, std::move(move));
      graph.Add(MakeNode("DequantizeLinear", "", "", {bytes, x->by.scale, x->by.zero}, y));
      changed = true;
    }
  }
}

}  // namespace quantab
