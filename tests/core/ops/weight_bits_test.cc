// Operators with weights of a few bits: MatMulNBits, MatMulBnb4, GatherBlockQuantized. Expected
// values come from their definitions, in plain loops; that ONNX Runtime agrees is for the
// conformance cases.
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

OpTest Microsoft(const std::string& op_type) { return OpTest(op_type, 21, "com.microsoft"); }

// The same numbers on every machine: 0 to 255.
uint8_t NumberAt(size_t i) { return static_cast<uint8_t>((i * 2654435761U) >> 13); }

Tensor Numbers(Shape shape) {
  Tensor tensor(DType::kUint8, std::move(shape));
  for (int64_t i = 0; i < tensor.count(); ++i) {
    tensor.mutable_data<uint8_t>()[i] = NumberAt(static_cast<size_t>(i));
  }
  return tensor;
}

// 0.01 to 0.05.
Tensor Scales(Shape shape) {
  Tensor tensor(DType::kFloat, std::move(shape));
  for (int64_t i = 0; i < tensor.count(); ++i) {
    const float number = static_cast<float>(NumberAt(static_cast<size_t>(i) + 7));
    tensor.mutable_data<float>()[i] = 0.01f + number / 6400.0f;
  }
  return tensor;
}

// -1 to 1.
Tensor Values(Shape shape) {
  Tensor tensor(DType::kFloat, std::move(shape));
  for (int64_t i = 0; i < tensor.count(); ++i) {
    const float number = static_cast<float>(NumberAt(static_cast<size_t>(i) + 3));
    tensor.mutable_data<float>()[i] = number / 128.0f - 1.0f;
  }
  return tensor;
}

struct NBits {
  int64_t n = 3, k = 40, block = 16, bits = 4;
  int64_t blocks() const { return (k + block - 1) / block; }
  Shape weights() const { return {n, blocks(), block * bits / 8}; }

  OpTest Test(const Tensor& a, const Tensor& b, const Tensor& scales) const {
    OpTest test = Microsoft("MatMulNBits");
    test.Input(a).Constant(b).Constant(scales);
    return Attributes(test);
  }
  OpTest& Attributes(OpTest& test) const {
    return test.Set("N", n).Set("K", k).Set("block_size", block).Set("bits", bits);
  }
};

TEST(MatMulNBits, MoreColumnsThanAPieceHas) {
  const NBits s{.n = 77, .k = 4096, .block = 32};
  const Tensor a = Values({2, s.k}), b = Numbers(s.weights()), scales = Scales({s.n, s.blocks()});
  Tensor expected(DType::kFloat, {2, s.n});
  for (int64_t m = 0; m < 2; ++m) {
    for (int64_t n = 0; n < s.n; ++n) {
      double sum = 0;
      for (int64_t k = 0; k < s.k; ++k) {
        const int byte = b.data<uint8_t>()[(n * s.k + k) / 2];
        const int q = k % 2 == 0 ? byte & 15 : byte >> 4;
        const double scale = scales.data<float>()[n * s.blocks() + k / s.block];
        sum += (q - 8) * scale * static_cast<double>(a.data<float>()[m * s.k + k]);
      }
      expected.mutable_data<float>()[m * s.n + n] = static_cast<float>(sum);
    }
  }
  ExpectTensor(s.Test(a, b, scales).RunOne(), expected, 1e-3, 1e-4);
}

// Zero points are those of the groups; ONNX Runtime's kernel takes 8 for packed ones beside g_idx.
TEST(MatMulNBits, GroupsHavePackedZeroPoints) {
  const NBits s{.n = 1, .k = 32};
  Tensor b(DType::kUint8, s.weights());
  std::fill_n(b.mutable_data<uint8_t>(), b.count(), uint8_t{0x99});
  std::vector<int32_t> groups(32, 0);
  groups[1] = groups[20] = 1;
  const Tensor one = F32({1, 32}, std::vector<float>(32, 1.0f));
  OpTest test = s.Test(one, b, F32({1, 2}, {1.0f, 100.0f}));
  test.Constant(U8({1, 1}, {0x38})).Constant(I32({32}, groups));
  ExpectTensor(test.RunOne(), F32({1, 1}, {30 * (9 - 8) + 2 * 100 * (9 - 3)}));
}

TEST(MatMulNBits, NoRows) {
  const NBits s;
  ExpectTensor(
      s.Test(Values({2, 0, s.k}), Numbers(s.weights()), Scales({s.n, s.blocks()})).RunOne(),
      F32({2, 0, s.n}, {}));
}

TEST(MatMulNBits, Bfloat16) {
  const NBits s{.n = 1, .k = 16};
  Tensor b(DType::kUint8, s.weights()), a(DType::kBfloat16, {1, 16}), scale(DType::kBfloat16, {1});
  std::fill_n(b.mutable_data<uint8_t>(), b.count(), uint8_t{0x99});
  std::fill_n(reinterpret_cast<uint16_t*>(a.mutable_raw()), 16, uint16_t{0x3f80});     // 1
  std::fill_n(reinterpret_cast<uint16_t*>(scale.mutable_raw()), 1, uint16_t{0x4000});  // 2
  const Tensor y = s.Test(a, b, scale).RunOne();
  ASSERT_EQ(y.dtype(), DType::kBfloat16);
  EXPECT_EQ(*reinterpret_cast<const uint16_t*>(y.raw()), 0x4200);  // 32
}

TEST(MatMulNBits, BadAttributes) {
  const NBits good;
  const Tensor a = Values({2, 40}), b = Numbers(good.weights()), scales = Scales({3, 3});
  const auto expect = [&](const NBits& bad, ErrorCode code, const std::string& part) {
    ExpectError(code, part, [&] { bad.Test(a, b, scales).RunOne(); });
  };
  constexpr ErrorCode kInvalid = ErrorCode::kInvalidModel;
  expect({.n = 0}, kInvalid, "'N' is '0'");
  expect({.n = -3}, kInvalid, "'N' is '-3'");
  expect({.k = 0}, kInvalid, "'K' is '0'");
  expect({.block = 8}, kInvalid, "'block_size' is '8'");
  expect({.block = 24}, kInvalid, "'block_size' is '24'");
  expect({.bits = 3}, ErrorCode::kUnsupported, "'bits' is '3'");
  expect({.n = 4}, kInvalid, "input 1 has shape [3,3,8], expected [4,3,8]");
  expect({.k = INT64_MAX}, kInvalid, "input 1 has shape [3,3,8]");
  expect({.block = int64_t{1} << 62, .bits = 8}, kInvalid, "input 1 has shape [3,3,8]");
  expect({.k = 41}, kInvalid, "different inner sizes");
}

TEST(MatMulNBits, BadInputs) {
  const NBits s;
  const Tensor a = Values({2, 40}), b = Numbers(s.weights()), scales = Scales({3, 3});
  const auto expect = [&](OpTest test, const std::string& part,
                          ErrorCode code = ErrorCode::kInvalidModel) {
    ExpectError(code, part, [&] { test.RunOne(); });
  };
  expect(s.Test(Values({2, 39}), b, scales), "different inner sizes");
  expect(s.Test(F32({}, {1}), b, scales), "a scalar cannot be multiplied");
  expect(s.Test(I32({1, 40}, std::vector<int32_t>(40)), b, scales), "input 0 of type 'int32'",
         ErrorCode::kUnsupported);
  expect(s.Test(a, b, Scales({3, 2})), "input 2 has shape [3,2], expected [3,3]");
  expect(s.Test(a, b, I32({9}, std::vector<int32_t>(9))), "input 2 of type 'int32'",
         ErrorCode::kUnsupported);
  expect(s.Test(a, b, scales).Constant(Numbers({3, 3})), "input 3 has shape [3,3], expected [3,2]");
  expect(s.Test(a, b, scales).Constant(Scales({3, 2})), "input 3 has shape [3,2], expected [3,3]");
  const auto groups = [&](std::vector<int32_t> values) {
    const auto count = static_cast<int64_t>(values.size());
    return s.Test(a, b, scales).Absent().Constant(I32({count}, values));
  };
  std::vector<int32_t> values(40, 2);
  expect(groups(std::vector<int32_t>(39)), "input 4 has shape [39], expected [40]");
  values[39] = 3;
  expect(groups(values), "has the value '3', but there are '3' blocks");
  values[39] = -1;
  expect(groups(values), "has the value '-1'");
  expect(s.Test(a, b, scales).Absent().Absent().Constant(Values({4})),
         "input 5 has shape [4], expected [3]");
  expect(s.Test(a, b, scales).Set("weight_prepacked", 1), "packed for a device",
         ErrorCode::kUnsupported);
}

OpTest Bnb4(const Tensor& a, const Tensor& b, const Tensor& absmax, int64_t n, int64_t k,
            int64_t type = 1) {
  OpTest test = Microsoft("MatMulBnb4");
  test.Input(a).Constant(b).Constant(absmax).Set("N", n).Set("K", k);
  return test.Set("block_size", 16).Set("quant_type", type);
}

// b stands for [2, 9]; ONNX Runtime's kernel takes it for its transpose in either case.
TEST(MatMulBnb4, AlongEitherDimension) {
  const Tensor b = Numbers({9}), absmax = F32({2}, {2.0f, 10.0f});
  // FP4, times 12.
  constexpr float kNumbers[] = {0, 0.0625f, 8, 12, 4, 6, 2, 3};
  std::vector<float> weights;
  for (size_t i = 0; i < 18; ++i) {
    const int byte = b.data<uint8_t>()[i / 2], code = i % 2 == 0 ? byte >> 4 : byte & 15;
    weights.push_back(kNumbers[code & 7] / (code < 8 ? 12.0f : -12.0f) * (i < 16 ? 2.0f : 10.0f));
  }
  const Tensor eye = F32({2, 2}, {1, 0, 0, 1});
  ExpectTensor(Bnb4(eye, b, absmax, 2, 9, 0).Set("transB", 0).RunOne(), F32({2, 9}, weights), 1e-6);
  std::vector<float> last(9, 0.0f);
  last[8] = 1;
  ExpectTensor(Bnb4(F32({9}, last), b, absmax, 2, 9, 0).RunOne(),
               F32({2}, {weights[8], weights[17]}), 1e-6);
}

TEST(MatMulBnb4, BadModels) {
  const Tensor a = Values({2, 9}), b = Numbers({9}), absmax = F32({2}, {2.0f, 10.0f});
  const auto expect = [&](OpTest test, const std::string& part) {
    ExpectError(ErrorCode::kInvalidModel, part, [&] { test.RunOne(); });
  };
  expect(Bnb4(a, b, absmax, 0, 9), "'N' and 'K' are '0' and '9'");
  expect(Bnb4(a, b, absmax, -2, -9), "which is no matrix");
  expect(Bnb4(a, b, absmax, INT64_MAX, INT64_MAX), "which is no matrix");
  expect(Bnb4(a, b, absmax, 2, 9, 2), "'quant_type' is '2'");
  expect(Bnb4(a, Numbers({8}), absmax, 2, 9), "input 1 has shape [8], expected '9' elements");
  expect(Bnb4(a, b, F32({1}, {1}), 2, 9), "input 2 has shape [1], expected '2' elements");
  expect(Bnb4(Values({2, 8}), b, absmax, 2, 9), "different inner sizes");
}

OpTest Gather(const Tensor& data, const Tensor& indices, const Tensor& scales) {
  OpTest test = Microsoft("GatherBlockQuantized");
  test.Constant(data).Input(indices).Constant(scales).Set("block_size", 16);
  return test;
}

TEST(GatherBlockQuantized, NothingToGather) {
  const Tensor data = Numbers({3, 16}), scales = Scales({3, 2}), none = I64({0, 2}, {});
  ExpectTensor(Gather(data, none, scales).RunOne(), F32({0, 2, 32}, {}));
  ExpectTensor(Gather(Numbers({0, 16}), I64({1}, {0}), F32({0, 2}, {})).RunOne(),
               F32({1, 32}, std::vector<float>(32, 0.0f)));
  ExpectTensor(Gather(Numbers({3, 0}), I64({1}, {0}), F32({3, 0}, {})).RunOne(), F32({1, 0}, {}));
}

TEST(GatherBlockQuantized, BadModels) {
  const Tensor data = Numbers({3, 16}), scales = Scales({3, 2}), index = I64({1}, {0});
  const auto expect = [&](OpTest test, const std::string& part,
                          ErrorCode code = ErrorCode::kInvalidModel) {
    ExpectError(code, part, [&] { test.RunOne(); });
  };
  expect(Gather(data, index, scales).Set("bits", 3), "'bits' is '3'");
  expect(Gather(data, index, scales).Set("quantize_axis", 2), "axis '2' is outside");
  expect(Gather(data, index, scales).Set("gather_axis", -3), "axis '-3' is outside");
  expect(Gather(data, index, scales).Set("gather_axis", 1), "must be gathered along axis 0",
         ErrorCode::kUnsupported);
  expect(Gather(data, index, Scales({3, 3})), "input 2 has shape [3,3], expected [3,2]");
  expect(Gather(data, index, Scales({1, 2})), "input 2 has shape [1,2], expected [3,2]");
  expect(Gather(data, index, scales).Constant(Numbers({3, 2})),
         "input 3 has shape [3,2], expected [3,1]");
  expect(Gather(data, index, scales).Constant(Scales({3, 1})), "expected one type");
  expect(Gather(data, F32({1}, {0}), scales), "expected 'int64' or 'int32'");
  expect(Gather(U8({}, {1}), index, scales), "axis '0' is outside");
  OpTest block = Microsoft("GatherBlockQuantized");
  block.Constant(data).Input(index).Constant(scales).Set("block_size", 0);
  expect(block, "'block_size' is '0'");
}

}  // namespace
}  // namespace quantab
