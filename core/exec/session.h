// Runs a model.
//
//   Session session(model);
//   TensorMap outputs = session.Run({{"x", x}});
//
// A session checks that every operator is supported before anything runs, loads the constants once,
// lets operators pack their weights, and plans memory: activations live in an arena and are reused
// as soon as their last reader has run.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/monitor.h"
#include "core/onnx/model.h"
#include "core/tensor/value.h"

namespace quantab {

// Sees tensors as they are made. Used for calibration and layer reports.
class Observer {
 public:
  virtual ~Observer() = default;
  // Asked once per value before a run; values nobody wants cost nothing.
  virtual bool Wants(const std::string& value) = 0;
  // Called for graph inputs as well as for nodes' outputs. The tensor is valid during the call
  // only.
  virtual void OnTensor(const std::string& value, const Tensor& tensor) = 0;
};

struct SessionOptions {
  // Rewrite the graph for speed before running (lower/). Calibration and layer reports run as the
  // file says, so that every tensor of the file is seen.
  bool lower = true;
  // The same bits on every machine and in every build, at the price of fused multiply-adds.
  bool reproducible = false;
  // Run what can be run: nodes that are unsupported are left out, with all that depends on them,
  // and outputs that are not made do not come back.
  bool partial = false;
  Monitor* monitor = nullptr;
  // Values that are made although nobody needs them, for observers to see. They are the file's:
  // lowering may do without them.
  std::vector<std::string> also_make = {};
};

// One operator that the executor does not know.
struct UnsupportedNode {
  std::string node;  // name or "#index (OpType)"
  std::string op_type;
  std::string domain;
  int64_t opset = 0;
};

// "Unsupported operators: 'A' of domain 'd' opset 1 (node 'n'), ...": each operator of `nodes`, at
// least one, once, with its first nodes by name and the others by number.
std::string DescribeUnsupported(const std::vector<UnsupportedNode>& nodes);

// Every node the executor cannot run, in file order, without running anything.
std::vector<UnsupportedNode> FindUnsupported(const Model& model);

enum class ValueType { kTensor, kSequence, kOptional, kOther };

struct InputInfo {
  std::string name;
  ValueType type = ValueType::kTensor;
  DType dtype = DType::kUndefined;
  std::vector<std::string> shape;  // "3", "batch", "?"; empty and !has_shape when unknown
  bool has_shape = false;
};

struct RunStats {
  uint64_t peak_activation_bytes = 0;  // arena high-water mark of the last run
  uint64_t constant_bytes = 0;         // weights held, packed or not
};

// A node as it runs: one of the file, or one that lowering made of some.
struct StepInfo {
  std::string node;  // its name, or the value it makes
  std::string op_type;
};

// A run that its caller advances, node by node; Session::Start begins one.
class SteppedRun {
 public:
  ~SteppedRun();
  SteppedRun(SteppedRun&&) noexcept;

  // Runs the next node and shows what it makes to the observer. Returns false when there was none
  // left. Throws as Session::Run does; the run is over then.
  bool Advance();

 private:
  friend class Session;
  struct Impl;
  explicit SteppedRun(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class Session {
 public:
  // Throws Error(kUnsupported) that names every unsupported operator with node and domain.
  explicit Session(const Model& model, const SessionOptions& options = {});
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  // Of a partial session: the nodes that cannot run, and the values that are not made for want of
  // them.
  const std::vector<UnsupportedNode>& unsupported() const;
  const std::vector<std::string>& missing() const;

  const std::vector<InputInfo>& inputs() const;
  const std::vector<std::string>& outputs() const;

  // Runs on `inputs` and returns the graph's outputs. Throws Error(kInvalidArgument) for a missing
  // or unknown input name, or a type or shape that does not fit (says expected and got), and
  // whatever an operator throws, with its node as the place. A session survives a failed run.
  // Throws Error(kUnsupported) for a model that gives something else than tensors.
  TensorMap Run(const TensorMap& inputs, Observer* observer = nullptr, Monitor* monitor = nullptr);

  // The same with sequences and optionals among inputs and outputs.
  ValueMap RunValues(const ValueMap& inputs, Observer* observer = nullptr,
                     Monitor* monitor = nullptr);

  // Begins a run whose outputs are seen by `observer` only, and shows it the inputs. The session
  // stays where it is and does nothing else until the run has gone; what is given outlives the run.
  // Throws as Run does.
  SteppedRun Start(const TensorMap& inputs, Observer* observer, Monitor* monitor = nullptr);

  // Gives back what is kept of one run's memory for the next.
  void DropMemory();

  // Checks one sample as Run does, without running.
  void CheckInputs(const TensorMap& inputs) const;

  const RunStats& stats() const;

  // What a run does, in order; SteppedRun::Advance does one at a time. Where a caller feeds what is
  // a constant otherwise, a run may do something else.
  std::vector<StepInfo> steps() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quantab
