#include "core/ops/movable.h"

#include <algorithm>
#include <limits>
#include <map>

#include "core/ops/forwarding_context.h"
#include "core/ops/types.h"
#include "core/tensor/packed.h"

namespace quantab {
namespace {

// Input `i` when it is a tensor that `inputs` names, else nullptr.
const Tensor* NamedInput(const OpContext& c, uint32_t inputs, int i) {
  if ((inputs >> std::min(i, 31) & 1) == 0) return nullptr;
  const Value* value = c.OptionalValue(i);
  return value == nullptr ? nullptr : value->tensor();
}

// The first such type among the named inputs.
DType ImmovableType(const OpContext& c, uint32_t inputs) {
  for (int i = 0; i < c.input_count(); ++i) {
    const Tensor* tensor = NamedInput(c, inputs, i);
    if (tensor == nullptr) continue;
    if (tensor->dtype() == DType::kString || IsPacked(tensor->dtype())) return tensor->dtype();
  }
  return DType::kUndefined;
}

// Strings are uint32 to the operator, numbers of strings in a pool; packed elements are uint8.
class NumberContext final : public ForwardingContext {
 public:
  NumberContext(OpContext& base, uint32_t inputs)
      : ForwardingContext(base),
        dtype_(ImmovableType(base, inputs)),
        number_(dtype_ == DType::kString ? DType::kUint32 : DType::kUint8) {
    for (int i = 0; i < base.input_count(); ++i) {
      const Tensor* input = NamedInput(base, inputs, i);
      if (input == nullptr) continue;
      if (input->dtype() != dtype_) {
        Invalid("input " + std::to_string(i) + " has type '" + std::string(NameOf(input->dtype())) +
                "', expected '" + std::string(NameOf(dtype_)) + "'.");
      }
      inputs_[i] = dtype_ == DType::kString ? Numbered(*input) : UnpackElements(*input);
    }
  }

  const Tensor* Optional(int i) const override {
    const auto found = inputs_.find(i);
    return found == inputs_.end() ? base().Optional(i) : &found->second;
  }
  Tensor& Output(int i, DType dtype, Shape shape) override {
    if (dtype != number_) return base().Output(i, dtype, std::move(shape));
    return outputs_[i] = Tensor(dtype, std::move(shape));
  }
  void SetOutput(int i, Value value) override {
    const Tensor* tensor = value.tensor();
    if (tensor == nullptr || tensor->dtype() != number_) {
      return base().SetOutput(i, std::move(value));
    }
    outputs_[i] = *tensor;
  }

  void Finish() {
    for (auto& [i, numbers] : outputs_) {
      Tensor& out = base().Output(i, dtype_, numbers.shape());
      if (dtype_ != DType::kString) {
        PackElements(numbers, out);
        continue;
      }
      const auto from = numbers.span<uint32_t>();
      for (size_t k = 0; k < from.size(); ++k) out.mutable_strings()[k] = *pool_[from[k]];
    }
  }

 private:
  Tensor Numbered(const Tensor& strings) {
    if (strings.count() > std::numeric_limits<uint32_t>::max() - int64_t(pool_.size())) {
      Unsupported("there are too many strings.");
    }
    Tensor numbers(DType::kUint32, strings.shape());
    auto* to = numbers.mutable_data<uint32_t>();
    for (const std::string& text : strings.strings()) {
      *to++ = static_cast<uint32_t>(pool_.size());
      pool_.push_back(&text);
    }
    return numbers;
  }

  const DType dtype_;
  const DType number_;
  std::map<int, Tensor> inputs_;
  std::map<int, Tensor> outputs_;
  const std::string empty_;
  std::vector<const std::string*> pool_{&empty_};
};

}  // namespace

bool HasImmovableInput(const OpContext& c, uint32_t inputs) {
  return ImmovableType(c, inputs) != DType::kUndefined;
}

void ComputeOnNumbers(OpContext& c, void (*compute)(OpContext&), uint32_t inputs) {
  NumberContext context(c, inputs);
  compute(context);
  context.Finish();
}

}  // namespace quantab
