#include "core/tensor/value.h"

#include <utility>

namespace quantab {

Value::Value(Tensor tensor)
    : kind_(tensor.exists() ? Kind::kTensor : Kind::kNothing), tensor_(std::move(tensor)) {}

Value::Value(Sequence sequence)
    : kind_(Kind::kSequence), sequence_(std::make_shared<const Sequence>(std::move(sequence))) {}

Value::Value(EmptyOptional) : kind_(Kind::kEmptyOptional) {}

const char* KindOf(const Value& value) {
  if (value.tensor() != nullptr) return "a tensor";
  if (value.sequence() != nullptr) return "a sequence";
  return value.is_empty_optional() ? "an empty optional" : "nothing";
}

}  // namespace quantab
