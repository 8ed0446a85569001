// One graph that dynamic quantization rewrites, and what is known of its values. A graph inside
// another sees the values of those around it: a value belongs to the innermost scope that declares
// it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/onnx/model.h"
#include "core/quant/weight.h"

namespace quantab {

// The names of a value's integers, scale and zero point.
struct QuantizedValue {
  std::string quantized, scale, zero_point;
  std::optional<int64_t> axis;  // of a weight that is quantized per channel
  bool tied = false;            // the transpose of a table, see TiedTables
};

struct DynamicScope {
  // Reads `graph` as it is before it is rewritten; `inferred` is the same graph with inferred
  // types. `outer` is the scope around it, or nullptr. All three outlive the scope.
  DynamicScope(onnx::GraphProto& graph, const onnx::GraphProto& inferred, DynamicScope* outer);

  // kUndefined when unknown.
  DType TypeOfValue(const std::string& value) const;

  // `name`, or with a number appended where that would clash with a value in this graph, around it
  // or inside it. Graphs beside it may use the same name. Either way it is taken now.
  std::string FreshValue(const std::string& name);

  // Adds an initializer, whose name is fresh.
  onnx::TensorProto& AddInitializer(onnx::TensorProto tensor);

  // Appends a node to those that will take the place of the graph's.
  onnx::NodeProto& AddNode(onnx::NodeProto node);
  onnx::NodeProto& AddNode(const std::string& op_type, const std::vector<std::string>& inputs,
                           const std::vector<std::string>& outputs, const std::string& name,
                           const std::string& domain = "");

  onnx::GraphProto* graph;
  DynamicScope* outer;
  std::vector<onnx::NodeProto> nodes;  // of the rewritten graph
  std::unordered_map<std::string, onnx::TensorProto*> constants;
  std::unordered_map<std::string, DType> types;
  std::unordered_set<std::string> values;  // declared in this graph
  std::unordered_set<std::string> inside;  // declared in the graphs inside it
  // Values that exist as floats: inputs and the outputs of `nodes`.
  std::unordered_set<std::string> available;
  // Constants that excluded nodes read; they stay as floats for everybody.
  std::unordered_set<std::string> kept_constants;
  std::unordered_map<std::string, QuantizedValue> quantized;  // whether or not they are floats too
  std::unordered_map<std::string, QuantizedValue> recurrent;  // weights of LSTMs
  // Products of two scales: node's name -> its inputs and its output.
  std::unordered_map<std::string, std::vector<std::string>> products;
  // Ranges of constants, by name and axis or -1; nothing for those with elements that are not
  // finite.
  std::map<std::pair<std::string, int64_t>, std::optional<std::vector<RealRange>>> scans;
};

}  // namespace quantab
