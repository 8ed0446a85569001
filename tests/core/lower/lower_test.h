// Quantized graphs for the tests of lowering, and what becomes of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>

#include "core/exec/session.h"
#include "core/lower/lower.h"
#include "tests/core/ops/op_test.h"

namespace quantab {

inline Tensor Random(Shape shape, uint32_t seed, float low = -1, float high = 1) {
  std::mt19937 random(seed);
  Tensor tensor(DType::kFloat, std::move(shape));
  for (int64_t i = 0; i < tensor.count(); ++i) {
    const float unit = static_cast<float>(random() >> 8) * 0x1p-24f;
    tensor.mutable_data<float>()[i] = low + (high - low) * unit;
  }
  return tensor;
}
inline Tensor RandomBytes(DType dtype, Shape shape, uint32_t seed) {
  std::mt19937 random(seed);
  Tensor tensor(dtype, std::move(shape));
  for (size_t i = 0; i < tensor.bytes(); ++i) {
    tensor.mutable_raw()[i] = static_cast<std::byte>(random() >> 24);
  }
  return tensor;
}

// A graph that quantizes, computes and dequantizes; every tensor `x` is `x_q` as bytes and `x_dq`
// after them.
class QdqBuilder : public GraphBuilder {
 public:
  explicit QdqBuilder(int64_t opset = 17) : GraphBuilder(opset) {}

  // `x` -> Q -> DQ -> `x_dq`.
  void Pair(const std::string& x, float scale, int zero, DType dtype = DType::kUint8) {
    Parameters(x, scale, zero, dtype);
    Node("QuantizeLinear", {x, x + "_s", x + "_z"}, {x + "_q"}, {}, x + "_Q");
    Node("DequantizeLinear", {x + "_q", x + "_s", x + "_z"}, {x + "_dq"}, {}, x + "_DQ");
  }
  // A constant behind a DequantizeLinear along `axis`.
  void Weight(const std::string& w, const Tensor& values, const std::vector<float>& scales,
              int axis = 0) {
    const bool whole = scales.size() == 1;
    const Shape shape = whole ? Shape{} : Shape{static_cast<int64_t>(scales.size())};
    Initializer(w + "_q", values);
    Initializer(w + "_s", F32(shape, scales));
    Tensor zero(values.dtype(), shape);
    std::fill(zero.mutable_raw(), zero.mutable_raw() + zero.bytes(), std::byte{0});
    Initializer(w + "_z", zero);
    std::vector<Attr> attrs;
    if (!whole) attrs.emplace_back("axis", axis);
    Node("DequantizeLinear", {w + "_q", w + "_s", w + "_z"}, {w + "_dq"}, attrs, w + "_DQ");
  }

 private:
  void Parameters(const std::string& x, float scale, int zero, DType dtype) {
    Initializer(x + "_s", F32({}, {scale}));
    Tensor point(dtype, {});
    point.mutable_raw()[0] = static_cast<std::byte>(zero);
    Initializer(x + "_z", point);
  }
};

inline std::vector<std::string> LoweredOps(const Model& model,
                                           std::vector<std::string_view> skip = {}) {
  Model copy = model;
  Lower(copy, skip);
  std::vector<std::string> ops;
  for (const onnx::NodeProto& node : copy.proto.graph().node()) ops.push_back(node.op_type());
  std::sort(ops.begin(), ops.end());
  return ops;
}

using Ops = std::vector<std::string>;

// The largest difference between running as the file says and lowered, in units of `step`.
inline double StepsApart(const Model& model, const TensorMap& inputs, double step) {
  SessionOptions plain;
  plain.lower = false;
  Session as_written(model, plain), lowered(model);
  const TensorMap expected = as_written.Run(inputs);
  TensorMap actual = lowered.Run(inputs);
  double worst = 0;
  for (const auto& [name, tensor] : expected) {
    EXPECT_EQ(actual[name].shape(), tensor.shape()) << name;
    EXPECT_EQ(actual[name].dtype(), tensor.dtype()) << name;
    VisitArithmetic(tensor.dtype(), [&](auto zero) {
      using T = decltype(zero);
      for (int64_t i = 0; i < tensor.count(); ++i) {
        const double difference = static_cast<double>(actual[name].data<T>()[i]) -
                                  static_cast<double>(tensor.data<T>()[i]);
        worst = std::max(worst, std::fabs(difference) / step);
      }
    });
  }
  return worst;
}

}  // namespace quantab
