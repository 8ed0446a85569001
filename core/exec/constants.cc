#include "core/exec/constants.h"

#include "core/ops/constant.h"

namespace quantab {

Constants::Constants(const Model& model, const Plan& plan)
    : model_(model), plan_(plan), values_(plan.values.size()), released_(plan.values.size(), 0) {}

bool Constants::Is(int value) const {
  const ValueKind kind = plan_.values[static_cast<size_t>(value)].kind;
  return kind == ValueKind::kInitializer || kind == ValueKind::kConstant;
}

const Tensor& Constants::Load(int value) {
  Value& held = values_[static_cast<size_t>(value)];
  if (!held.exists()) held = Reload(value);
  return *held.tensor();
}

void Constants::Release(int value) {
  const PlannedValue& planned = plan_.values[static_cast<size_t>(value)];
  if (++released_[static_cast<size_t>(value)] < planned.readers || planned.is_output) return;
  Tensor* tensor = values_[static_cast<size_t>(value)].mutable_tensor();
  if (tensor == nullptr || tensor->dtype() == DType::kString) return;
  *tensor = Tensor(tensor->dtype(), tensor->shape(), nullptr);
}

bool Constants::Released(int value) const {
  const Tensor* tensor = values_[static_cast<size_t>(value)].tensor();
  return tensor != nullptr && tensor->dtype() != DType::kString && tensor->raw() == nullptr;
}

Tensor Constants::Reload(int value) const {
  const PlannedValue& planned = plan_.values[static_cast<size_t>(value)];
  if (planned.kind == ValueKind::kInitializer) return LoadTensor(model_, *planned.tensor);
  Step step;
  step.place =
      planned.node->name().empty() ? "Constant '" + planned.name + "'" : planned.node->name();
  step.label = "node '" + step.place + "' (Constant)";
  return AtStep(step, [&] { return ConstantValue(Attributes(model_, *planned.node)); });
}

uint64_t Constants::bytes() const {
  uint64_t total = 0;
  for (const Value& value : values_) {
    const Tensor* tensor = value.tensor();
    if (tensor != nullptr && tensor->raw() != nullptr) total += tensor->bytes();
  }
  return total;
}

}  // namespace quantab
