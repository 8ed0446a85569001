#include "core/exec/prepare.h"

#include <list>

#include "core/base/monitor.h"

namespace quantab {
namespace {

class StepPrepare final : public PrepareContext {
 public:
  StepPrepare(const Model& model, const Plan& plan, Constants& constants, const Step& step,
              const std::vector<bool>* fed)
      : plan_(plan),
        constants_(constants),
        step_(step),
        fed_(fed),
        attributes_(model, *step.node),
        released_(step.inputs.size(), false) {}

  const onnx::NodeProto& node() const override { return *step_.node; }
  const Attributes& attributes() const override { return attributes_; }
  int64_t opset() const override { return step_.opset; }
  int input_count() const override { return static_cast<int>(step_.inputs.size()); }

  const Tensor* Constant(int i) const override {
    const int value = ValueOf(i);
    if (value == kNoValue || !constants_.Is(value) || Fed(value)) return nullptr;
    if (!constants_.Released(value)) return &constants_.Load(value);
    reloaded_.push_back(constants_.Reload(value));
    return &reloaded_.back();
  }

  void Release(int i) override {
    const int value = ValueOf(i);
    if (fed_ != nullptr || value == kNoValue || !constants_.Is(value)) return;
    released_[static_cast<size_t>(i)] = true;
  }

  // Releases take effect when prepare() has returned, so that what Constant() gave stays valid.
  void ApplyReleases() {
    for (size_t i = 0; i < released_.size(); ++i) {
      if (released_[i]) constants_.Release(step_.inputs[i]);
    }
  }

  DType InputType(int i) const override {
    const int value = ValueOf(i);
    return value == kNoValue ? DType::kUndefined : plan_.values[static_cast<size_t>(value)].dtype;
  }

 private:
  int ValueOf(int i) const {
    return i >= 0 && i < input_count() ? step_.inputs[static_cast<size_t>(i)] : kNoValue;
  }
  bool Fed(int value) const { return fed_ != nullptr && (*fed_)[static_cast<size_t>(value)]; }

  const Plan& plan_;
  Constants& constants_;
  const Step& step_;
  const std::vector<bool>* fed_;
  Attributes attributes_;
  std::vector<bool> released_;
  mutable std::list<Tensor> reloaded_;
};

}  // namespace

OpStates PrepareAll(const Model& model, const Plan& plan, Constants& constants, Monitor* monitor) {
  OpStates states(plan.steps.size());
  for (size_t s = 0; s < plan.steps.size(); ++s) {
    const Step& step = plan.steps[s];
    CheckCancelled(monitor);
    AtStep(step, [&] {
      if (step.def->prepare != nullptr) {
        StepPrepare context(model, plan, constants, step, nullptr);
        states[s] = step.def->prepare(context);
        context.ApplyReleases();
      }
      for (int value : step.inputs) {
        if (value != kNoValue && constants.Is(value)) constants.Load(value);
      }
    });
  }
  for (int value : plan.outputs) {
    if (constants.Is(value)) constants.Load(value);
  }
  return states;
}

std::unique_ptr<OpState> PrepareFed(const Model& model, const Plan& plan, Constants& constants,
                                    const Step& step, const std::vector<bool>& fed) {
  if (step.def->prepare == nullptr) return nullptr;
  return AtStep(step, [&] {
    StepPrepare context(model, plan, constants, step, &fed);
    return step.def->prepare(context);
  });
}

}  // namespace quantab
