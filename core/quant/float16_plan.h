// Decides, before anything is changed, which values of a model become float16 and which operators
// want their inputs in which form.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/onnx/model.h"
#include "core/quant/float16_types.h"

namespace quantab {

enum class Form : uint8_t {
  kAny,  // not of float32 in the source; or, of a reader, that it takes both
  kFloat,
  kHalf,
};

struct ValuePlan {
  std::string type;  // in the source
  Form form = Form::kAny;
  bool flexible = false;  // the form is chosen by the readers: constants, results of Cast
  bool wants_float = false, wants_half = false;
  bool initializer = false;
  bool constant = false;     // an initializer, or made of constants alone
  bool sequence = false;     // no tensor, so that no Cast can change its form
  bool quantized = false;    // comes out of a quantized activation
  bool accumulator = false;  // sums of products of integers, in float
  int maker = -1;
  std::vector<const onnx::NodeProto*> readers = {};
};

struct NodePlan {
  bool kept = false;              // computes in float32
  std::vector<Form> inputs = {};  // as wanted
};

struct GraphPlan {
  GraphPlan* outer = nullptr;
  const onnx::NodeProto* owner = nullptr;  // of the graph; nullptr for the main graph
  bool kept = false;
  std::unordered_map<std::string, ValuePlan> values = {};
  std::vector<NodePlan> nodes = {};
  std::vector<int> order = {};
  std::vector<Form> outputs = {};  // as wanted
  std::unordered_map<const onnx::GraphProto*, std::unique_ptr<GraphPlan>> bodies = {};
};

// What is to be left in float32.
struct FloatIslands {
  std::set<std::string> op_types, nodes;  // by type and name
  bool keep_io = false;                   // inputs and outputs: all, or
  std::set<std::string> io_names;         // these
  bool force_half_initializers = false;   // one float16 copy of constants, whoever reads it
  std::map<std::string, std::vector<int64_t>> force_half_inputs = {};  // as the option
};

// Finds the plan's value that `name` means inside `graph`, and the graph it is of; nullptr for a
// value that nobody makes.
struct FoundValue {
  ValuePlan* value = nullptr;
  GraphPlan* graph = nullptr;
};
FoundValue FindValue(GraphPlan& graph, const std::string& name);

// Throws Error(kUnsupported) where a sequence would be needed in both forms.
std::unique_ptr<GraphPlan> PlanHalf(const onnx::ModelProto& model, const FloatIslands& islands);

}  // namespace quantab
