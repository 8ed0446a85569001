// Converting to float16 in tests, and saying what came out.
#pragma once

#include <string>
#include <vector>

#include "core/quant/float16.h"
#include "tests/core/quant/graph_builder.h"

namespace quantab {

// "Conv conv(x,w)->y" of each node.
inline std::vector<std::string> LinesOf(const onnx::GraphProto& graph) {
  const auto joined = [](const auto& names) {
    std::string text;
    for (int i = 0; i < names.size(); ++i) text += (i > 0 ? "," : "") + names.Get(i);
    return text;
  };
  std::vector<std::string> lines;
  for (const auto& node : graph.node()) {
    lines.push_back(node.op_type() + " " + node.name() + "(" + joined(node.input()) + ")->" +
                    joined(node.output()));
  }
  return lines;
}

inline std::vector<std::string> HalfLines(const QuantGraphBuilder& b,
                                          const Float16Options& options = {}) {
  return LinesOf(ConvertFloatToFloat16(b.model(), options).model.proto.graph());
}

inline int TypeOfInput(const Model& model, int index) {
  return model.proto.graph().input(index).type().tensor_type().elem_type();
}
inline int TypeOfOutput(const Model& model, int index) {
  return model.proto.graph().output(index).type().tensor_type().elem_type();
}

inline constexpr int kFloatType = onnx::TensorProto::FLOAT;
inline constexpr int kHalfType = onnx::TensorProto::FLOAT16;

}  // namespace quantab
