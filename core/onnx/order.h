// The order in which nodes can run, and which values they need from outside. Works on lists of
// nodes, so that it serves graphs and functions alike.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/onnx/model.h"

namespace quantab {

using NodeList = google::protobuf::RepeatedPtrField<onnx::NodeProto>;

// Values that `graph` and the graphs in it read, but do not make: in order of first use, each once.
std::vector<std::string_view> FreeValues(const onnx::GraphProto& graph);

// Values that the subgraphs of `node` read from outside themselves: in order of first use, each
// once.
std::vector<std::string_view> CapturedBy(const onnx::NodeProto& node);

// How a message begins: "'m.onnx'", "Graph 'g'". Asked only when there is something to tell, since
// names may be long and subgraphs many.
using Where = std::function<std::string()>;

// Node indices so that producers come first; file order where it is valid. `is_given(value)` tells
// whether a value that no node makes is there all the same. Throws Error(kInvalidModel): "<where>:
// ..." for a value that nobody makes, two nodes that make one value, or a cycle, naming the nodes.
std::vector<int> OrderNodes(const NodeList& nodes,
                            const std::function<bool(std::string_view)>& is_given,
                            const Where& where);

// Throws Error(kInvalidModel): "<where>: ..." for a node that makes a value which `declared` names
// as what `kind` says ("an initializer").
void CheckNotDeclared(const onnx::NodeProto& node, int index,
                      const std::function<bool(std::string_view)>& declared, const char* kind,
                      const Where& where);

// Orders every graph and function of the model, outermost first, with scopes; throws as above, and
// where one name is declared twice. Only initializers of the main graph may be: the last one
// counts, as in ONNX Runtime, and `monitor` (may be nullptr) is warned.
void CheckOrder(const onnx::ModelProto& model, const std::string& file, Monitor* monitor = nullptr);

}  // namespace quantab
