// Quantization by a ready-made configuration, with samples and with ranges. The scale and the types
// are those that QNN wants (core/quant/qnn_overrides.h); onnxruntime's files have them too, which
// tests/parity compares.
#include <gtest/gtest.h>

#include "core/api/quantab.h"
#include "core/quant/config.h"
#include "tests/core/ops/op_test.h"
#include "tests/core/quant/config_model.h"

namespace quantab {
namespace {

StaticOptions Qnn16() {
  StaticOptions options = DefaultsOfConfig("qnn");
  options.activation_type = QuantType::kQUInt16;
  return options;
}

const onnx::TensorProto& ConstantNamed(const Model& model, const std::string& name) {
  for (const auto& tensor : model.proto.graph().initializer()) {
    if (tensor.name() == name) return tensor;
  }
  ADD_FAILURE() << "no constant " << name;
  return onnx::TensorProto::default_instance();
}

TEST(ConfiguredQuantization, WithSamplesAndWithRanges) {
  StaticQuantizer quantizer(ConfigModel(), Qnn16());
  quantizer.Collect({{"x", F32({2, 4}, {-1, 0, 1, 2, 3, 4, 5, 6})}});
  const TensorRanges ranges = quantizer.Ranges();
  const Model measured = quantizer.Finish();
  ExpectTensor(LoadTensor(measured, ConstantNamed(measured, "s_scale")),
               F32({}, {1.0f / 65536.0f}));
  EXPECT_EQ(TypeOf(ConstantNamed(measured, "s_zero_point")), DType::kUint16);
  EXPECT_EQ(TypeOf(ConstantNamed(measured, "w_quantized")), DType::kUint8);
  EXPECT_EQ(OpsetVersion(measured.proto, "com.microsoft"), 1);
  const Model given = QuantizeStatic(ConfigModel(), Qnn16(), ranges);
  EXPECT_EQ(given.proto.SerializeAsString(), measured.proto.SerializeAsString());
}

TEST(ConfiguredQuantization, SaysWhatIsWrongBeforeAnyWork) {
  StaticOptions options = Qnn16();
  options.config = "npu";
  ExpectError(ErrorCode::kInvalidArgument, "no 'config' 'npu'",
              [&] { StaticQuantizer quantizer(ConfigModel(), options); });
  ExpectError(ErrorCode::kInvalidArgument, "no 'config' 'npu'",
              [&] { QuantizeStatic(ConfigModel(), options, {}); });
}

}  // namespace
}  // namespace quantab
