// What a session runs, in which order, and how long each value is needed. Values and steps are
// numbered; names are only for messages and observers.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/exec/session.h"
#include "core/onnx/model.h"
#include "core/ops/op.h"

namespace quantab {

inline constexpr int kNoValue = -1;

enum class ValueKind {
  kInput,        // given by the caller
  kInitializer,  // `tensor` holds it; overridable when it is a graph input too
  kConstant,     // made by the Constant node `node`
  kCaptured,     // value `outer` of the plan around this one
  kComputed,     // made by a step
};

struct PlannedValue {
  std::string name;
  ValueKind kind = ValueKind::kComputed;
  const onnx::TensorProto* tensor = nullptr;
  const onnx::NodeProto* node = nullptr;
  bool overridable = false;
  int outer = kNoValue;
  bool is_output = false;
  int readers = 0;                  // how many inputs and captures of steps name it
  DType dtype = DType::kUndefined;  // as far as the file says
};

struct Plan;

// A graph that a step's node has as an attribute.
struct StepBody {
  std::string attribute;
  std::unique_ptr<Plan> plan;
};

struct Step {
  const onnx::NodeProto* node = nullptr;
  std::string label;  // "node 'x' (Conv)" or "node #3 (Conv)"
  std::string place;  // NodeLabel
  const OpDef* def = nullptr;
  int64_t opset = 0;
  std::vector<int> inputs;   // value numbers; kNoValue for an absent one
  std::vector<int> outputs;  // value numbers; kNoValue for an absent one
  std::vector<int> dies;     // values that nobody needs after this step
  std::vector<StepBody> bodies;
  std::vector<int> captures;  // values that the bodies read, each once for each body
};

struct Plan {
  std::vector<PlannedValue> values;
  std::unordered_map<std::string, int> numbers;  // name -> value
  std::vector<Step> steps;
  std::vector<int> inputs;   // the graph's, in order, without those that are initializers too
  std::vector<int> outputs;  // the graph's, in order, those that are made
  // Of a partial plan: nodes that cannot run, and the values that are not made for want of them.
  std::vector<UnsupportedNode> unsupported;
  std::vector<std::string> missing;

  int Find(const std::string& name) const;
};

// Plans the main graph of `model` and the graphs in it, which the plan points into. Nodes whose
// outputs nobody needs, for the graph's outputs or the values `also_make`, are left out. Throws
// Error(kUnsupported) naming every operator that is not in the registry (a `partial` plan leaves
// such nodes out, and what depends on them), and Error(kInvalidModel) for a cycle or a value that
// nobody makes.
Plan MakePlan(const Model& model, bool partial = false,
              std::span<const std::string> also_make = {});

// Throws Error(kUnsupported) that lists `nodes`, at least one.
[[noreturn]] void ThrowUnsupportedNodes(const std::vector<UnsupportedNode>& nodes);

// Throws Error(kUnsupported) when `model`, a file's, uses operators that only lowering makes: they
// trust what lowering made.
void RefuseLoweredOperators(const Model& model);

// The nodes of a file's `graph` and its subgraphs that cannot run, appended to `found`.
void CollectUnsupported(const Model& model, const onnx::GraphProto& graph,
                        std::vector<UnsupportedNode>& found);

// Runs `body`; an Error without a node gets the step's place, and its message the step's label.
template <class Body>
auto AtStep(const Step& step, Body&& body) -> decltype(body());

// Throws the exception in flight as an Error of that step.
[[noreturn]] void RethrowAtStep(const Step& step);

template <class Body>
auto AtStep(const Step& step, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (...) {
    RethrowAtStep(step);
  }
}

}  // namespace quantab
