// Running single passes in tests, and what becomes of the results.
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "core/passes/pass.h"
#include "tests/core/ops/op_test.h"

namespace quantab {

// Whether the pass `name` changed something.
inline bool RunPass(Model& model, std::string_view name) {
  const PreProcessOptions options;
  for (const PassDef& def : PassRegistry::Get().all()) {
    if (def.name == name) return def.run(model, {.options = options});
  }
  ADD_FAILURE() << "no pass " << name;
  return false;
}

// The operators of the main graph, in file order.
inline std::vector<std::string> OperatorsOf(const Model& model) {
  std::vector<std::string> ops;
  for (const onnx::NodeProto& node : model.proto.graph().node()) ops.push_back(node.op_type());
  return ops;
}
using OpNames = std::vector<std::string>;

inline const onnx::TensorProto* FindInitializer(const Model& model, const std::string& name) {
  for (const onnx::TensorProto& tensor : model.proto.graph().initializer()) {
    if (tensor.name() == name) return &tensor;
  }
  return nullptr;
}

inline Tensor WeightOf(const Model& model, const std::string& name) {
  const onnx::TensorProto* tensor = FindInitializer(model, name);
  if (tensor == nullptr) {
    ADD_FAILURE() << "no initializer " << name;
    return {};
  }
  return LoadTensor(model, *tensor);
}

inline Tensor Noise(Shape shape, uint32_t seed, float low = -1, float high = 1) {
  std::mt19937 random(seed);
  Tensor tensor(DType::kFloat, std::move(shape));
  for (int64_t i = 0; i < tensor.count(); ++i) {
    const float unit = static_cast<float>(random() >> 8) * 0x1p-24f;
    tensor.mutable_data<float>()[i] = low + (high - low) * unit;
  }
  return tensor;
}

// Noise for every input the caller has to give, all of float32 or bool; unknown dimensions are 2.
inline TensorMap NoiseFor(const Model& model) {
  TensorMap inputs;
  uint32_t seed = 1;
  for (const auto& input : model.proto.graph().input()) {
    if (FindInitializer(model, input.name()) != nullptr) continue;
    const auto& type = input.type().tensor_type();
    Shape shape;
    for (const auto& dim : type.shape().dim()) {
      shape.push_back(dim.has_dim_value() ? dim.dim_value() : 2);
    }
    if (type.elem_type() == onnx::TensorProto::BOOL) {
      inputs[input.name()] = Bools({}, {true});
    } else {
      inputs[input.name()] = Noise(shape, seed++, -2, 2);
    }
  }
  return inputs;
}

// Runs both, as their files say, on the same noise.
inline void ExpectSameResults(const Model& before, const Model& after, double tolerance = 1e-5) {
  SessionOptions options;
  options.lower = false;
  Session first(before, options), second(after, options);
  const TensorMap inputs = NoiseFor(before);
  const TensorMap expected = first.Run(inputs);
  TensorMap actual = second.Run(inputs);
  ASSERT_EQ(actual.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    ExpectTensor(actual[name], tensor, tolerance, tolerance);
  }
}

// The pass changes the model into one of the operators `ops` with the same results.
inline void ExpectFused(const Model& model, std::string_view pass, const OpNames& ops,
                        double tolerance = 1e-5) {
  Model fused = model;
  EXPECT_TRUE(RunPass(fused, pass));
  EXPECT_EQ(OperatorsOf(fused), ops);
  ExpectSameResults(model, fused, tolerance);
  EXPECT_FALSE(RunPass(fused, pass)) << "does not come to rest";
}

// The pass changes nothing.
inline void ExpectKept(const Model& model, std::string_view pass) {
  Model kept = model;
  EXPECT_FALSE(RunPass(kept, pass));
  EXPECT_EQ(kept.proto.SerializeAsString(), model.proto.SerializeAsString());
}

}  // namespace quantab
