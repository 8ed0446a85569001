// A small network with one layer that does not bear quantization.
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"
#include "tests/core/quant/graph_builder.h"

namespace quantab {

inline Tensor Noise(const Shape& shape, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Tensor tensor(DType::kFloat, shape);
  for (int64_t i = 0; i < tensor.count(); ++i) tensor.mutable_data<float>()[i] = normal(random);
  return tensor;
}

// Convolutions, the `bad` one of which has a weight 1000 times as large as the others. It is
// negative: what it makes is cut off, and the other channels are what is left of the layer.
inline Model ConvNet(int count, int bad) {
  QuantGraphBuilder b;
  b.Input("image", {1, 4, 8, 8}).Output("r" + std::to_string(count - 1), {1, 4, 8, 8});
  std::string last = "image";
  std::mt19937 random(3);
  std::uniform_real_distribution<float> uniform(-0.25F, 0.25F);
  for (int i = 0; i < count; ++i) {
    const std::string n = std::to_string(i);
    std::vector<float> weights(4 * 4 * 3 * 3);
    for (float& weight : weights) weight = uniform(random);
    if (i == bad) weights[40] = -250;
    b.Weight("w" + n, {4, 4, 3, 3}, weights);
    onnx::NodeProto& conv = b.Node("Conv", {last, "w" + n}, {"c" + n}, "conv" + n);
    onnx::AttributeProto& pads = *conv.add_attribute();
    pads.set_name("pads");
    pads.set_type(onnx::AttributeProto::INTS);
    for (int k = 0; k < 4; ++k) pads.add_ints(1);
    last = "r" + n;
    b.Node("Relu", {"c" + n}, {last}, "relu" + n);
  }
  return b.model();
}

// Products of [2, 32] matrices, the `bad` one of which has, in one place of each column, a weight
// 100 times as large as the others. What reads that place is always zero, so that in float it
// counts for nothing, while the others of its block have no step of few bits.
inline Model ProductNet(int count, int bad) {
  QuantGraphBuilder b;
  b.Input("x", {2, 32}).Output("y", {2, 32});
  std::vector<float> mask(32, 1.0F);
  mask[0] = 0;
  b.Weight("mask", {32}, mask);
  std::string last = "x";
  std::mt19937 random(5);
  std::uniform_real_distribution<float> uniform(-0.25F, 0.25F);
  for (int i = 0; i < count; ++i) {
    const std::string n = std::to_string(i);
    std::vector<float> weights(32 * 32);
    for (float& weight : weights) weight = uniform(random);
    if (i == bad) std::fill_n(weights.begin(), 32, 25.0F);
    b.Weight("w" + n, {32, 32}, weights);
    b.Node("Mul", {last, "mask"}, {"m" + n}, "mask" + n);
    last = i + 1 == count ? "y" : "p" + n;
    b.Node("MatMul", {"m" + n, "w" + n}, {last}, "product" + n);
  }
  return b.model();
}

}  // namespace quantab
