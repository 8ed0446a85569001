#include "core/exec/runner.h"

#include <algorithm>
#include <utility>

namespace quantab {

// What an operator sees while it runs as step `step` of `run`.
class StepContext final : public OpContext {
 public:
  StepContext(Runner& run, int number, OpState* state, Monitor* monitor)
      : run_(run),
        number_(number),
        step_(run.plan_.steps[static_cast<size_t>(number)]),
        state_(state),
        monitor_(monitor),
        attributes_(run.program_.model(), *step_.node),
        input_is_spent_(InputIsSpent()) {}

  const onnx::NodeProto& node() const override { return *step_.node; }
  const Attributes& attributes() const override { return attributes_; }
  int64_t opset() const override { return step_.opset; }
  int input_count() const override { return static_cast<int>(step_.inputs.size()); }
  int output_count() const override { return static_cast<int>(step_.outputs.size()); }
  OpState* state() const override { return state_; }

  const Value* OptionalValue(int i) const override {
    if (i < 0 || i >= input_count()) return nullptr;
    const int number = step_.inputs[static_cast<size_t>(i)];
    if (number == kNoValue) return nullptr;
    const Value& value = run_.At(number);
    return value.exists() ? &value : nullptr;
  }

  const Tensor* Optional(int i) const override {
    const Value* value = OptionalValue(i);
    if (value == nullptr) return nullptr;
    if (value->tensor() == nullptr) {
      Invalid("input " + std::to_string(i) + " is " + KindOf(*value) + ", expected a tensor.");
    }
    return value->tensor();
  }

  Tensor& Output(int i, DType dtype, Shape shape) override {
    Value& slot = Slot(i);
    const int value = ValueOf(i);
    const bool is_result = value != kNoValue && run_.outer_ == nullptr &&
                           run_.plan_.values[static_cast<size_t>(value)].is_output;
    if (dtype == DType::kString) {
      slot = Tensor(dtype, std::move(shape));
    } else if (is_result) {
      slot = Tensor(dtype, std::move(shape));
      run_.own_.push_back(slot.tensor()->raw());
      run_.arena_.CountOutside(slot.tensor()->bytes());
    } else if (i == 0 && MayOverwriteInput(dtype, shape)) {
      slot = run_.TensorAt(step_.inputs[0])->Reshaped(std::move(shape));
    } else {
      const size_t bytes = BytesOf(dtype, ElementCount(shape));
      slot = Tensor(dtype, std::move(shape), run_.arena_.Allocate(bytes));
    }
    return *slot.mutable_tensor();
  }

  void SetOutput(int i, Value value) override { Slot(i) = std::move(value); }

  std::vector<Value> RunGraph(std::string_view name, std::vector<Value> inputs) override {
    const Program* body = run_.program_.Body(number_, name);
    if (body == nullptr) Invalid("attribute '" + std::string(name) + "' is missing.");
    const size_t expected = body->plan().inputs.size();
    if (inputs.size() != expected) {
      Invalid("the graph '" + std::string(name) + "' has " + std::to_string(expected) +
              " inputs, expected " + std::to_string(inputs.size()) + ".");
    }
    const Arena::InsideStep inside(run_.arena_);
    return Runner(*body, run_.arena_, &run_).ExecuteBody(std::move(inputs), monitor_);
  }

 private:
  std::span<std::byte> NewScratch(size_t bytes) override {
    scratch_.push_back(run_.arena_.Allocate(bytes));
    return {scratch_.back().get(), bytes};
  }

  int ValueOf(int i) const {
    return i >= 0 && i < output_count() ? step_.outputs[static_cast<size_t>(i)] : kNoValue;
  }

  // An output that the node does not name is made and dropped with this context.
  Value& Slot(int i) {
    const int value = ValueOf(i);
    if (value != kNoValue) return run_.values_[static_cast<size_t>(value)];
    unnamed_.push_back(std::make_unique<Value>());
    return *unnamed_.back();
  }

  // Whether nobody needs input 0 after this step. Asked before the operator runs, when the value's
  // handle must be the only one to its elements: views, constants and the caller's tensors have
  // another.
  bool InputIsSpent() const {
    if (!step_.def->in_place || step_.inputs.empty() || step_.inputs[0] == kNoValue) return false;
    const int value = step_.inputs[0];
    const Tensor* tensor = run_.values_[static_cast<size_t>(value)].tensor();
    if (tensor == nullptr || run_.given_[static_cast<size_t>(value)]) return false;
    return std::count(step_.inputs.begin(), step_.inputs.end(), value) == 1 &&
           std::find(step_.dies.begin(), step_.dies.end(), value) != step_.dies.end() &&
           tensor->unique();
  }

  bool MayOverwriteInput(DType dtype, const Shape& shape) const {
    if (!input_is_spent_) return false;
    const Tensor& input = *run_.values_[static_cast<size_t>(step_.inputs[0])].tensor();
    return input.dtype() == dtype && input.count() == ElementCount(shape);
  }

  Runner& run_;
  int number_;
  const Step& step_;
  OpState* state_;
  Monitor* monitor_;
  Attributes attributes_;
  bool input_is_spent_;
  std::vector<std::shared_ptr<std::byte>> scratch_;
  std::vector<std::unique_ptr<Value>> unnamed_;
};

Runner::Runner(const Program& program, Arena& arena, const Runner* outer)
    : program_(program),
      plan_(program.plan()),
      constants_(program.constants()),
      arena_(arena),
      outer_(outer),
      values_(plan_.values.size()),
      given_(plan_.values.size(), false),
      watched_(plan_.values.size(), false) {}

void Runner::UseState(int step, std::unique_ptr<OpState> state) {
  fed_states_.emplace_back(step, std::move(state));
}

void Runner::UseValue(int value, Value given) {
  given_[static_cast<size_t>(value)] = true;
  values_[static_cast<size_t>(value)] = std::move(given);
}

const Value& Runner::At(int value) const {
  const size_t v = static_cast<size_t>(value);
  if (given_[v]) return values_[v];
  if (constants_.Is(value)) return constants_.GetValue(value);
  const PlannedValue& planned = plan_.values[v];
  return planned.kind == ValueKind::kCaptured ? outer_->At(planned.outer) : values_[v];
}

const Tensor* Runner::TensorAt(int value) const { return At(value).tensor(); }

void Runner::Observe(int value) {
  if (value == kNoValue || !watched_[static_cast<size_t>(value)]) return;
  const std::string& name = plan_.values[static_cast<size_t>(value)].name;
  if (constants_.Released(value) && !given_[static_cast<size_t>(value)]) {
    observer_->OnTensor(name, constants_.Reload(value));
  } else if (const Tensor* tensor = TensorAt(value)) {
    observer_->OnTensor(name, *tensor);
  }
}

void Runner::ExecuteStep(int s, Monitor* monitor) {
  const Step& step = plan_.steps[static_cast<size_t>(s)];
  CheckCancelled(monitor);
  OpState* state = program_.State(s);
  for (const auto& [fed_step, fed_state] : fed_states_) {
    if (fed_step == s) state = fed_state.get();
  }
  {
    StepContext context(*this, s, state, monitor);
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
  for (int value : step.dies) values_[static_cast<size_t>(value)] = Value();
}

std::vector<Value> Runner::ExecuteBody(std::vector<Value> inputs, Monitor* monitor) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    values_[static_cast<size_t>(plan_.inputs[i])] = std::move(inputs[i]);
  }
  for (size_t s = 0; s < plan_.steps.size(); ++s) ExecuteStep(static_cast<int>(s), monitor);
  std::vector<Value> outputs;
  for (int value : plan_.outputs) outputs.push_back(At(value));
  return outputs;
}

void Runner::Begin(const ValueMap& inputs, Observer* observer) {
  observer_ = observer;
  for (const auto& [name, given] : inputs) {
    const int value = plan_.Find(name);
    if (value != kNoValue) UseValue(value, given);
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
}

bool Runner::Advance(Monitor* monitor) {
  if (next_ == static_cast<int>(plan_.steps.size())) return false;
  const int step = next_++;
  arena_.SetStep(step);
  ExecuteStep(step, monitor);
  return true;
}

ValueMap Runner::Execute(const ValueMap& inputs, Observer* observer, Monitor* monitor) {
  Begin(inputs, observer);
  const int count = static_cast<int>(plan_.steps.size());
  int percent = -1;
  for (int s = 0; s < count; ++s) {
    const int now = static_cast<int>(int64_t{100} * s / count);
    if (now != percent) {
      percent = now;
      Report(monitor, "run", static_cast<uint64_t>(s), static_cast<uint64_t>(count));
    }
    Advance(monitor);
  }
  Report(monitor, "run", static_cast<uint64_t>(count), static_cast<uint64_t>(count));
  return TakeOutputs();
}

ValueMap Runner::TakeOutputs() {
  ValueMap outputs;
  for (int value : plan_.outputs) {
    outputs[plan_.values[static_cast<size_t>(value)].name] = At(value);
  }
  values_.clear();
  values_.resize(plan_.values.size());
  const auto make_own = [&](Tensor& tensor) {
    const bool own =
        tensor.unique() && std::find(own_.begin(), own_.end(), tensor.raw()) != own_.end();
    if (own) return;
    tensor = tensor.Clone();
    arena_.CountOutside(tensor.bytes());
  };
  for (auto& [name, value] : outputs) {
    if (Tensor* tensor = value.mutable_tensor()) {
      make_own(*tensor);
    } else if (const Sequence* sequence = value.sequence()) {
      Sequence own = *sequence;
      for (Tensor& tensor : own) make_own(tensor);
      value = std::move(own);
    }
  }
  return outputs;
}

}  // namespace quantab
