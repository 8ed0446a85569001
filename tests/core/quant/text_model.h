// Models written as text, in the syntax of the official library's parser.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/onnx/model.h"
#include "onnx/defs/parser.h"

namespace quantab {

// A model of operator set `opset` with the graph `text`.
inline Model ModelFromText(const std::string& text, int64_t opset = 17) {
  Model model;
  model.proto.set_ir_version(8);
  auto* import = model.proto.add_opset_import();
  import->set_domain("");
  import->set_version(opset);
  onnx::OnnxParser parser(text.c_str());
  const auto status = parser.Parse(*model.proto.mutable_graph());
  EXPECT_TRUE(status.IsOK()) << status.ErrorMessage();
  return model;
}

// The graph that attribute `name` of node `index` holds.
inline const onnx::GraphProto& BodyOf(const onnx::GraphProto& graph, int index,
                                      const std::string& name) {
  for (const auto& attribute : graph.node(index).attribute()) {
    if (attribute.name() == name) return attribute.g();
  }
  ADD_FAILURE() << "Node " << index << " has no graph '" << name << "'.";
  return onnx::GraphProto::default_instance();
}

// "OpType(inputs) -> (outputs)", one a line.
inline std::string Listing(const onnx::GraphProto& graph) {
  const auto joined = [](const auto& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
  };
  std::string text;
  for (const auto& node : graph.node()) {
    text += node.op_type() + "(" + joined(node.input()) + ") -> (" + joined(node.output()) + ")\n";
  }
  return text;
}

// The names of a graph's initializers, joined by commas.
inline std::string InitializersIn(const onnx::GraphProto& graph) {
  std::string text;
  for (const auto& tensor : graph.initializer()) {
    text += (text.empty() ? "" : ", ") + tensor.name();
  }
  return text;
}

}  // namespace quantab
