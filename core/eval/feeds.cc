#include "core/eval/feeds.h"

#include "core/tensor/half.h"

namespace quantab {

Tensor InPrecision(DType dtype, const Tensor& tensor) {
  if (tensor.dtype() == dtype) return tensor;
  if (dtype == DType::kFloat && IsHalf(tensor.dtype())) return HalfToFloat(tensor);
  if (tensor.dtype() != DType::kFloat || !IsHalf(dtype)) return tensor;
  Tensor half(dtype, tensor.shape());
  FloatToHalf(tensor, half);
  return half;
}

TensorMap FeedsFor(const std::vector<InputInfo>& inputs, const TensorMap& sample) {
  TensorMap feeds = sample;
  for (const InputInfo& input : inputs) {
    const auto found = feeds.find(input.name);
    if (found != feeds.end() && found->second.exists()) {
      found->second = InPrecision(input.dtype, found->second);
    }
  }
  return feeds;
}

}  // namespace quantab
