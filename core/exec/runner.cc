#include "core/exec/runner.h"

#include <algorithm>
#include <utility>

namespace quantab {

// What an operator sees while it runs as step `step` of `run`.
class StepContext final : public OpContext {
 public:
  StepContext(Runner& run, const Step& step, OpState* state)
      : run_(run),
        step_(step),
        state_(state),
        attributes_(run.model_, *step.node),
        input_is_spent_(InputIsSpent()) {}

  const onnx::NodeProto& node() const override { return *step_.node; }
  const Attributes& attributes() const override { return attributes_; }
  int64_t opset() const override { return step_.opset; }
  int input_count() const override { return static_cast<int>(step_.inputs.size()); }
  int output_count() const override { return static_cast<int>(step_.outputs.size()); }
  OpState* state() const override { return state_; }

  const Tensor* Optional(int i) const override {
    if (i < 0 || i >= input_count()) return nullptr;
    const int value = step_.inputs[static_cast<size_t>(i)];
    if (value == kNoValue) return nullptr;
    const Tensor& tensor = run_.Value(value);
    return tensor.exists() ? &tensor : nullptr;
  }

  Tensor& Output(int i, DType dtype, Shape shape) override {
    Tensor& slot = Slot(i);
    const int value = ValueOf(i);
    const bool is_result =
        value != kNoValue && run_.plan_.values[static_cast<size_t>(value)].is_output;
    if (dtype == DType::kString) {
      slot = Tensor(dtype, std::move(shape));
    } else if (is_result) {
      slot = Tensor(dtype, std::move(shape));
      run_.own_.push_back(slot.raw());
      run_.arena_.CountOutside(slot.bytes());
    } else if (i == 0 && MayOverwriteInput(dtype, shape)) {
      slot = run_.Value(step_.inputs[0]).Reshaped(std::move(shape));
    } else {
      const size_t bytes = BytesOf(dtype, ElementCount(shape));
      slot = Tensor(dtype, std::move(shape), run_.arena_.Allocate(bytes));
    }
    return slot;
  }

  void SetOutput(int i, Tensor tensor) override { Slot(i) = std::move(tensor); }

 private:
  std::span<std::byte> NewScratch(size_t bytes) override {
    scratch_.push_back(run_.arena_.Allocate(bytes));
    return {scratch_.back().get(), bytes};
  }

  int ValueOf(int i) const {
    return i >= 0 && i < output_count() ? step_.outputs[static_cast<size_t>(i)] : kNoValue;
  }

  // An output that the node does not name is made and dropped with this context.
  Tensor& Slot(int i) {
    const int value = ValueOf(i);
    if (value != kNoValue) return run_.values_[static_cast<size_t>(value)];
    unnamed_.push_back(std::make_unique<Tensor>());
    return *unnamed_.back();
  }

  // Whether nobody needs input 0 after this step. Asked before the operator runs, when the value's
  // handle must be the only one to its elements: views, constants and the caller's tensors have
  // another.
  bool InputIsSpent() const {
    if (!step_.def->in_place || step_.inputs.empty() || step_.inputs[0] == kNoValue) return false;
    const int value = step_.inputs[0];
    if (run_.constants_.Is(value) || run_.given_[static_cast<size_t>(value)]) return false;
    return std::count(step_.inputs.begin(), step_.inputs.end(), value) == 1 &&
           std::find(step_.dies.begin(), step_.dies.end(), value) != step_.dies.end() &&
           run_.values_[static_cast<size_t>(value)].unique();
  }

  bool MayOverwriteInput(DType dtype, const Shape& shape) const {
    if (!input_is_spent_) return false;
    const Tensor& input = run_.values_[static_cast<size_t>(step_.inputs[0])];
    return input.dtype() == dtype && input.count() == ElementCount(shape);
  }

  Runner& run_;
  const Step& step_;
  OpState* state_;
  Attributes attributes_;
  bool input_is_spent_;
  std::vector<std::shared_ptr<std::byte>> scratch_;
  std::vector<std::unique_ptr<Tensor>> unnamed_;
};

Runner::Runner(const Model& model, const Plan& plan, const Constants& constants,
               const OpStates& states, Arena& arena)
    : model_(model),
      plan_(plan),
      constants_(constants),
      states_(states),
      arena_(arena),
      values_(plan.values.size()),
      given_(plan.values.size(), false),
      watched_(plan.values.size(), false) {}

void Runner::UseState(int step, std::unique_ptr<OpState> state) {
  fed_states_.emplace_back(step, std::move(state));
}

void Runner::UseConstant(int value, Tensor tensor) {
  given_[static_cast<size_t>(value)] = true;
  values_[static_cast<size_t>(value)] = std::move(tensor);
}

const Tensor& Runner::Value(int value) const {
  const size_t v = static_cast<size_t>(value);
  return given_[v] || !constants_.Is(value) ? values_[v] : constants_.Get(value);
}

void Runner::Observe(int value) {
  if (value == kNoValue || !watched_[static_cast<size_t>(value)]) return;
  const Tensor& tensor = Value(value);
  if (constants_.Released(value) && !given_[static_cast<size_t>(value)]) {
    observer_->OnTensor(plan_.values[static_cast<size_t>(value)].name, constants_.Reload(value));
  } else if (tensor.exists()) {
    observer_->OnTensor(plan_.values[static_cast<size_t>(value)].name, tensor);
  }
}

void Runner::ExecuteStep(int s) {
  const Step& step = plan_.steps[static_cast<size_t>(s)];
  arena_.SetStep(s);
  OpState* state = states_[static_cast<size_t>(s)].get();
  for (const auto& [fed_step, fed_state] : fed_states_) {
    if (fed_step == s) state = fed_state.get();
  }
  {
    StepContext context(*this, step, state);
    AtStep(step, [&] { step.def->compute(context); });
  }
  for (size_t i = 0; i < step.outputs.size(); ++i) {
    const int value = step.outputs[i];
    if (value == kNoValue) continue;
    if (!values_[static_cast<size_t>(value)].exists()) {
      Place place;
      place.node = step.place;
      ThrowInternal(step.label + ": output " + std::to_string(i) + " '" +
                        plan_.values[static_cast<size_t>(value)].name + "' was not computed.",
                    place);
    }
    Observe(value);
  }
  for (int value : step.dies) values_[static_cast<size_t>(value)] = Tensor();
}

TensorMap Runner::Execute(const TensorMap& inputs, Observer* observer, Monitor* monitor) {
  observer_ = observer;
  for (const auto& [name, tensor] : inputs) {
    const int value = plan_.Find(name);
    if (value != kNoValue) UseConstant(value, tensor);
  }
  if (observer != nullptr) {
    for (size_t v = 0; v < plan_.values.size(); ++v) {
      // Initializers are the file's, not made by a run, unless the caller feeds them.
      if (plan_.values[v].kind == ValueKind::kInitializer && !given_[v]) continue;
      watched_[v] = observer->Wants(plan_.values[v].name);
    }
    for (size_t v = 0; v < plan_.values.size(); ++v) {
      if (plan_.values[v].kind != ValueKind::kComputed) Observe(static_cast<int>(v));
    }
  }
  const int count = static_cast<int>(plan_.steps.size());
  int percent = -1;
  for (int s = 0; s < count; ++s) {
    CheckCancelled(monitor);
    const int now = static_cast<int>(int64_t{100} * s / count);
    if (now != percent) {
      percent = now;
      Report(monitor, "run", static_cast<uint64_t>(s), static_cast<uint64_t>(count));
    }
    ExecuteStep(s);
  }
  Report(monitor, "run", static_cast<uint64_t>(count), static_cast<uint64_t>(count));
  return TakeOutputs();
}

TensorMap Runner::TakeOutputs() {
  TensorMap outputs;
  for (int value : plan_.outputs) {
    outputs[plan_.values[static_cast<size_t>(value)].name] = Value(value);
  }
  values_.clear();
  values_.resize(plan_.values.size());
  for (auto& [name, tensor] : outputs) {
    const bool own =
        tensor.unique() && std::find(own_.begin(), own_.end(), tensor.raw()) != own_.end();
    if (own || !tensor.exists()) continue;
    tensor = tensor.Clone();
    arena_.CountOutside(tensor.bytes());
  }
  return outputs;
}

}  // namespace quantab
