// What an edge of a graph carries: a tensor, a sequence of tensors, or an optional that holds
// nothing. An optional that holds something is that something.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"

namespace quantab {

using Sequence = std::vector<Tensor>;

// An optional without an element.
struct EmptyOptional {};

class Value {
 public:
  // No value at all: an input that is absent, an output that is not computed yet.
  Value() = default;
  Value(Tensor tensor);        // NOLINT(google-explicit-constructor): a tensor is a value
  Value(Sequence sequence);    // NOLINT(google-explicit-constructor)
  Value(EmptyOptional empty);  // NOLINT(google-explicit-constructor)

  bool exists() const { return kind_ != Kind::kNothing; }
  bool is_empty_optional() const { return kind_ == Kind::kEmptyOptional; }

  // nullptr when the value is something else.
  const Tensor* tensor() const { return kind_ == Kind::kTensor ? &tensor_ : nullptr; }
  Tensor* mutable_tensor() { return kind_ == Kind::kTensor ? &tensor_ : nullptr; }
  const Sequence* sequence() const { return sequence_.get(); }

 private:
  enum class Kind { kNothing, kTensor, kSequence, kEmptyOptional };

  Kind kind_ = Kind::kNothing;
  Tensor tensor_;
  std::shared_ptr<const Sequence> sequence_;
};

// "a tensor", "a sequence", "an empty optional", "nothing".
const char* KindOf(const Value& value);

using ValueMap = std::map<std::string, Value>;

}  // namespace quantab
