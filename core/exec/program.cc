#include "core/exec/program.h"

#include <list>

#include "core/base/monitor.h"

namespace quantab {

class Program::StepPrepare final : public PrepareContext {
 public:
  StepPrepare(Program& program, const Step& step, const std::vector<bool>* fed)
      : program_(program),
        step_(step),
        fed_(fed),
        attributes_(program.model_, *step.node),
        released_(step.inputs.size(), false) {}

  const onnx::NodeProto& node() const override { return *step_.node; }
  const Attributes& attributes() const override { return attributes_; }
  int64_t opset() const override { return step_.opset; }
  int input_count() const override { return static_cast<int>(step_.inputs.size()); }

  const Tensor* Constant(int i) const override {
    const int value = ValueOf(i);
    if (value == kNoValue || Fed(value)) return nullptr;
    Constants& constants = program_.constants_;
    if (!constants.Is(value)) return CapturedConstant(value);
    if (!constants.Released(value)) return &constants.Load(value);
    reloaded_.push_back(constants.Reload(value));
    return &reloaded_.back();
  }

  void Release(int i) override {
    const int value = ValueOf(i);
    if (fed_ != nullptr || value == kNoValue || !program_.constants_.Is(value)) return;
    released_[static_cast<size_t>(i)] = true;
  }

  // Releases take effect when prepare() has returned, so that what Constant() gave stays valid.
  void ApplyReleases() {
    for (size_t i = 0; i < released_.size(); ++i) {
      if (released_[i]) program_.constants_.Release(step_.inputs[i]);
    }
  }

  DType InputType(int i) const override {
    const int value = ValueOf(i);
    return value == kNoValue ? DType::kUndefined
                             : program_.plan_.values[static_cast<size_t>(value)].dtype;
  }

 private:
  int ValueOf(int i) const {
    return i >= 0 && i < input_count() ? step_.inputs[static_cast<size_t>(i)] : kNoValue;
  }
  bool Fed(int value) const { return fed_ != nullptr && (*fed_)[static_cast<size_t>(value)]; }

  // A constant of a graph around this one, unless a caller may feed it. It is never released: the
  // capture counts as a reader.
  const Tensor* CapturedConstant(int value) const {
    const Program* program = &program_;
    while (program->plan_.values[static_cast<size_t>(value)].kind == ValueKind::kCaptured) {
      value = program->plan_.values[static_cast<size_t>(value)].outer;
      program = program->outer_;
    }
    const bool usable = program->constants_.Is(value) &&
                        !program->plan_.values[static_cast<size_t>(value)].overridable;
    return usable ? &program->constants_.Get(value) : nullptr;
  }

  Program& program_;
  const Step& step_;
  const std::vector<bool>* fed_;
  Attributes attributes_;
  std::vector<bool> released_;
  mutable std::list<Tensor> reloaded_;
};

Program::Program(const Model& model, const Plan& plan, const Program* outer, Monitor* monitor)
    : model_(model),
      plan_(plan),
      outer_(outer),
      constants_(model, plan),
      states_(plan.steps.size()),
      bodies_(plan.steps.size()) {
  for (size_t s = 0; s < plan.steps.size(); ++s) {
    CheckCancelled(monitor);
    PrepareStep(static_cast<int>(s), monitor);
  }
  for (int value : plan.outputs) {
    if (constants_.Is(value)) constants_.Load(value);
  }
}

void Program::PrepareStep(int s, Monitor* monitor) {
  const Step& step = plan_.steps[static_cast<size_t>(s)];
  AtStep(step, [&] {
    if (step.def->prepare != nullptr) {
      StepPrepare context(*this, step, nullptr);
      states_[static_cast<size_t>(s)] = step.def->prepare(context);
      context.ApplyReleases();
    }
    for (const std::vector<int>* values : {&step.inputs, &step.captures}) {
      for (int value : *values) {
        if (value != kNoValue && constants_.Is(value)) constants_.Load(value);
      }
    }
    for (const StepBody& body : step.bodies) {
      bodies_[static_cast<size_t>(s)].push_back(
          std::make_unique<Program>(model_, *body.plan, this, monitor));
    }
  });
}

const Program* Program::Body(int step, std::string_view name) const {
  const std::vector<StepBody>& bodies = plan_.steps[static_cast<size_t>(step)].bodies;
  for (size_t i = 0; i < bodies.size(); ++i) {
    if (bodies[i].attribute == name) return bodies_[static_cast<size_t>(step)][i].get();
  }
  return nullptr;
}

std::unique_ptr<OpState> Program::PrepareFed(const Step& step, const std::vector<bool>& fed) {
  if (step.def->prepare == nullptr) return nullptr;
  return AtStep(step, [&] {
    StepPrepare context(*this, step, &fed);
    return step.def->prepare(context);
  });
}

uint64_t Program::bytes() const {
  uint64_t total = constants_.bytes();
  for (const auto& state : states_) total += state ? state->bytes() : 0;
  for (const auto& bodies : bodies_) {
    for (const auto& body : bodies) total += body->bytes();
  }
  return total;
}

}  // namespace quantab
