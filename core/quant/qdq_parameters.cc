#include "core/quant/qdq_parameters.h"

#include "core/graph/graph_edit.h"
#include "core/tensor/half.h"

namespace quantab {

onnx::TensorProto ScaleParameter(const std::string& name, DType real, const Shape& dims,
                                 const std::vector<QParams>& params) {
  if (real == DType::kFloat16) {
    std::vector<int32_t> halves;
    halves.reserve(params.size());
    for (const QParams& p : params) halves.push_back(FloatToHalf(p.scale));
    return IntParameter(name, real, dims, halves);
  }
  std::vector<float> scales;
  scales.reserve(params.size());
  for (const QParams& p : params) scales.push_back(p.scale);
  return FloatParameter(name, dims, scales);
}

onnx::TensorProto ZeroPointParameter(const std::string& name, DType type, const Shape& dims,
                                     const std::vector<QParams>& params) {
  std::vector<int32_t> values;
  values.reserve(params.size());
  if (BitsOf(type) == 4) {
    for (size_t i = 0; i < params.size(); ++i) {
      const int32_t nibble = params[i].zero_point & 15;
      if (i % 2 == 0) {
        values.push_back(nibble);
      } else {
        values.back() |= nibble << 4;
      }
    }
  } else {
    for (const QParams& p : params) values.push_back(p.zero_point);
  }
  return IntParameter(name, type, dims, values);
}

}  // namespace quantab
