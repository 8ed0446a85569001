// Optional (ai.onnx, since 15): an optional that holds the input, or nothing without one.
// OptionalHasElement, OptionalGetElement (ai.onnx, since 15): whether an optional holds something,
// and what; tensors and sequences hold themselves.
#include "core/ops/op.h"

namespace quantab {
namespace {

void Make(OpContext& c) {
  const Value* value = c.OptionalValue(0);
  if (value != nullptr) {
    c.SetOutput(0, *value);
    return;
  }
  if (!c.attributes().Has("type")) c.Invalid("both input 0 and attribute 'type' are missing.");
  c.SetOutput(0, EmptyOptional{});
}

void HasElement(OpContext& c) {
  const Value* value = c.OptionalValue(0);
  const bool has = value != nullptr && !value->is_empty_optional();
  c.Output(0, DType::kBool, {}).mutable_data<bool>()[0] = has;
}

void GetElement(OpContext& c) {
  const Value& value = c.InputValue(0);
  if (value.is_empty_optional()) ThrowInvalidArgument("the optional holds nothing to be taken.");
  c.SetOutput(0, value);
}

}  // namespace

QUANTAB_REGISTER(ops, optional) {
  r.Add({.name = "Optional", .since = 15, .compute = Make});
  r.Add({.name = "OptionalHasElement", .since = 15, .compute = HasElement});
  r.Add({.name = "OptionalGetElement", .since = 15, .compute = GetElement});
}

}  // namespace quantab
