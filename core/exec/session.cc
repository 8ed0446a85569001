#include "core/exec/session.h"

#include <algorithm>
#include <functional>
#include <list>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "core/base/reproducible.h"
#include "core/exec/arena.h"
#include "core/exec/check_inputs.h"
#include "core/exec/constants.h"
#include "core/exec/memory_plan.h"
#include "core/exec/plan.h"
#include "core/exec/program.h"
#include "core/exec/runner.h"
#include "core/lower/lower.h"
#include "core/onnx/expand_functions.h"
#include "core/onnx/official.h"

namespace quantab {
namespace {

// Input shapes whose memory plans are kept; the one used longest ago goes first.
constexpr size_t kRememberedShapes = 4;

// Calls of functions, the model's own and those that ONNX defines operators by, replaced by their
// bodies.
Model Inlined(const Model& model) {
  Model copy = model;
  if (copy.proto.functions_size() > 0) InlineFunctions(copy);
  ExpandFunctions(copy, [](const onnx::NodeProto& node, int64_t opset) {
    return OpRegistry::Get().Find(node.domain(), node.op_type(), opset) != nullptr;
  });
  return copy;
}

// Values that are no tensors have no share in it: what they lead to is beyond any plan.
std::string ShapesKey(const ValueMap& inputs) {
  std::string key;
  for (const auto& [name, value] : inputs) {
    const Tensor* tensor = value.tensor();
    if (tensor == nullptr) continue;
    key += name + ":" + std::to_string(static_cast<int>(tensor->dtype())) +
           ToString(tensor->shape()) + ";";
  }
  return key;
}

// Takes out the inputs that have a default, an initializer of the same name, which then is a
// constant.
void KeepDefaults(onnx::GraphProto& graph) {
  std::unordered_set<std::string_view> defaults;
  for (const onnx::TensorProto& initializer : graph.initializer()) {
    defaults.insert(initializer.name());
  }
  auto* inputs = graph.mutable_input();
  inputs->erase(std::remove_if(inputs->begin(), inputs->end(),
                               [&](const auto& input) { return defaults.contains(input.name()); }),
                inputs->end());
}

Model ForRunning(const Model& model, const SessionOptions& options, bool with_defaults) {
  Model copy = Inlined(model);
  RefuseLoweredOperators(copy);
  if (with_defaults) KeepDefaults(*copy.proto.mutable_graph());
  if (options.lower) Lower(copy);
  return copy;
}

// What was learnt from runs with one set of input shapes.
struct Remembered {
  std::string key;
  std::vector<Allocation> allocations;
  std::unique_ptr<MemoryPlan> memory;  // made when the shapes come a second time
};

}  // namespace

struct Session::Impl {
  Model model;
  Plan plan;
  InputCheck input_check;
  std::vector<std::string> outputs;
  std::unique_ptr<Program> program;
  Arena arena;
  std::list<Remembered> remembered;  // most recently used first
  RunStats stats;
  bool reproducible;
  // Runs when a caller feeds an input that has a default; makes it at the first such run, for what
  // is lowered here takes defaults for constants. Null where there is no such input.
  std::function<std::unique_ptr<Impl>()> make_fed;
  std::unique_ptr<Impl> fed_impl;

  Impl(const Model& original, const SessionOptions& options)
      : Impl(original, options, DescribeInputs(original.proto.graph())) {}

  Impl(const Model& original, const SessionOptions& options, InputCheck check)
      : Impl(original, options, check, options.lower && !check.optional.empty()) {
    if (!options.lower || check.optional.empty()) return;
    SessionOptions later = options;
    later.monitor = nullptr;
    make_fed = [original, later, check] {
      return std::unique_ptr<Impl>(new Impl(original, later, check, false));
    };
  }

  Impl(const Model& original, const SessionOptions& options, InputCheck check, bool with_defaults)
      : model(ForRunning(original, options, with_defaults)),
        plan(MakePlan(model, options.partial, options.also_make)),
        input_check(std::move(check)),
        program(std::make_unique<Program>(model, plan, nullptr, options.monitor)),
        reproducible(options.reproducible) {
    for (int output : plan.outputs) {
      outputs.push_back(plan.values[static_cast<size_t>(output)].name);
    }
    stats.constant_bytes = program->bytes();
  }

  // Steps that read a constant which the caller feeds see it as an ordinary value in this run.
  void PrepareFedSteps(const ValueMap& inputs, Runner& run) {
    const Constants& constants = program->constants();
    std::vector<bool> fed(plan.values.size(), false);
    bool any = false;
    for (const auto& [name, given] : inputs) {
      const int value = plan.Find(name);
      if (value == kNoValue || !constants.Is(value)) continue;
      fed[static_cast<size_t>(value)] = any = true;
    }
    if (!any) return;
    for (size_t s = 0; s < plan.steps.size(); ++s) {
      const Step& step = plan.steps[s];
      bool touched = false;
      for (int value : step.inputs) {
        touched = touched || (value != kNoValue && fed[static_cast<size_t>(value)]);
      }
      if (!touched || step.def->prepare == nullptr) continue;
      run.UseState(static_cast<int>(s), program->PrepareFed(step, fed));
      for (int value : step.inputs) {
        if (value != kNoValue && constants.Is(value) && constants.Released(value)) {
          run.UseValue(value, constants.Reload(value));
        }
      }
    }
  }

  // Puts what is known of the shapes in front: their memory plan, or nothing when they are new and
  // the run has to record.
  void Recall(const ValueMap& inputs) {
    const std::string key = ShapesKey(inputs);
    for (auto at = remembered.begin(); at != remembered.end(); ++at) {
      if (at->key != key) continue;
      if (!at->memory) at->memory = std::make_unique<MemoryPlan>(PlanMemory(at->allocations));
      remembered.splice(remembered.begin(), remembered, at);
      return;
    }
    if (remembered.size() == kRememberedShapes) remembered.pop_back();
    remembered.push_front({key, {}, nullptr});
  }

  // What runs these inputs: this, or what was made for fed defaults.
  Impl& For(const ValueMap& inputs) {
    const bool feeds =
        make_fed != nullptr &&
        std::any_of(input_check.optional.begin(), input_check.optional.end(),
                    [&](const InputInfo& input) { return inputs.contains(input.name); });
    if (!feeds) return *this;
    if (!fed_impl) fed_impl = make_fed();
    return *fed_impl;
  }
  // After a run of what For gave.
  void TakeStats(const Impl& from) {
    if (&from == this) return;
    stats.peak_activation_bytes = from.stats.peak_activation_bytes;
    stats.constant_bytes = program->bytes() + from.stats.constant_bytes;
  }

  // A run begins with Recall and BeginRun, and ends with either of the others.
  Runner BeginRun(const ValueMap& inputs) {
    arena.Begin(remembered.front().memory.get());
    Runner run(*program, arena);
    PrepareFedSteps(inputs, run);
    return run;
  }
  void EndRun() {
    if (!remembered.front().memory) remembered.front().allocations = arena.Recorded();
    stats.peak_activation_bytes = arena.peak();
  }
  // A run that did not end has recorded a part only.
  void AbandonRun() { remembered.pop_front(); }

  ValueMap Execute(const ValueMap& inputs, Observer* observer, Monitor* monitor) {
    CheckSample(input_check, inputs);
    if (Impl& other = For(inputs); &other != this) {
      ValueMap results = other.Execute(inputs, observer, monitor);
      TakeStats(other);
      return results;
    }
    const ReproducibleScope scope(reproducible);
    Recall(inputs);
    try {
      Runner run = BeginRun(inputs);
      ValueMap results = run.Execute(inputs, observer, monitor);
      EndRun();
      return results;
    } catch (...) {
      AbandonRun();
      throw;
    }
  }
};

struct SteppedRun::Impl {
  Runner run;
  bool reproducible;
  Monitor* monitor;
  std::function<void(bool complete)> end;  // empty once it was called

  ~Impl() { End(false); }

  void End(bool complete) {
    if (const auto once = std::exchange(end, nullptr)) once(complete);
  }

  bool Advance() {
    if (!end) return false;
    const ReproducibleScope scope(reproducible);
    try {
      if (run.Advance(monitor)) return true;
    } catch (...) {
      End(false);
      throw;
    }
    End(true);
    return false;
  }
};

SteppedRun::SteppedRun(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SteppedRun::~SteppedRun() = default;
SteppedRun::SteppedRun(SteppedRun&&) noexcept = default;

bool SteppedRun::Advance() {
  return Guard([&] { return impl_->Advance(); });
}

std::vector<UnsupportedNode> FindUnsupported(const Model& model) {
  return Guard([&] {
    const Model inlined = Inlined(model);
    std::vector<UnsupportedNode> found;
    CollectUnsupported(inlined, inlined.proto.graph(), found);
    return found;
  });
}

Session::Session(const Model& model, const SessionOptions& options)
    : impl_(Guard([&] { return std::make_unique<Impl>(model, options); })) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

const std::vector<UnsupportedNode>& Session::unsupported() const { return impl_->plan.unsupported; }
const std::vector<std::string>& Session::missing() const { return impl_->plan.missing; }
const std::vector<InputInfo>& Session::inputs() const { return impl_->input_check.required; }
const std::vector<std::string>& Session::outputs() const { return impl_->outputs; }

TensorMap Session::Run(const TensorMap& inputs, Observer* observer, Monitor* monitor) {
  return Guard([&] {
    const ValueMap values =
        impl_->Execute(ValueMap(inputs.begin(), inputs.end()), observer, monitor);
    TensorMap tensors;
    for (const auto& [name, value] : values) {
      if (value.tensor() == nullptr) {
        Place place;
        place.tensor = name;
        ThrowUnsupported("Output '" + name + "' is " + KindOf(value) +
                             ", and only tensors can be given back here.",
                         place);
      }
      tensors[name] = *value.tensor();
    }
    return tensors;
  });
}

ValueMap Session::RunValues(const ValueMap& inputs, Observer* observer, Monitor* monitor) {
  return Guard([&] { return impl_->Execute(inputs, observer, monitor); });
}

SteppedRun Session::Start(const TensorMap& inputs, Observer* observer, Monitor* monitor) {
  return Guard([&] {
    const ValueMap values(inputs.begin(), inputs.end());
    CheckSample(impl_->input_check, values);
    Impl& owner = *impl_;
    Impl& session = owner.For(values);
    const ReproducibleScope scope(session.reproducible);
    session.Recall(values);
    try {
      auto stepped = std::unique_ptr<SteppedRun::Impl>(
          new SteppedRun::Impl{.run = session.BeginRun(values),
                               .reproducible = session.reproducible,
                               .monitor = monitor,
                               .end = nullptr});
      stepped->run.Begin(values, observer);
      stepped->end = [&session, &owner](bool complete) {
        complete ? session.EndRun() : session.AbandonRun();
        owner.TakeStats(session);
      };
      return SteppedRun(std::move(stepped));
    } catch (...) {
      session.AbandonRun();
      throw;
    }
  });
}

void Session::DropMemory() {
  for (Impl* each : {impl_.get(), impl_->fed_impl.get()}) {
    if (each == nullptr) continue;
    each->arena = Arena();
    each->remembered.clear();
  }
}

void Session::CheckInputs(const TensorMap& inputs) const {
  Guard([&] { CheckSample(impl_->input_check, ValueMap(inputs.begin(), inputs.end())); });
}

const RunStats& Session::stats() const { return impl_->stats; }

std::vector<StepInfo> Session::steps() const {
  std::vector<StepInfo> steps;
  for (const Step& step : impl_->plan.steps) {
    // The index of a node that has no name would be that in the graph as it runs.
    const onnx::NodeProto& node = *step.node;
    std::string name = node.name();
    for (const std::string& output : node.output()) {
      if (name.empty()) name = output;
    }
    steps.push_back({std::move(name), node.op_type()});
  }
  return steps;
}

}  // namespace quantab
