// QAttention, QEmbedLayerNormalization and the products of 8-bit matrices: what a model may get
// wrong. Results are for the conformance cases.
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

OpTest Microsoft(const std::string& op_type) { return OpTest(op_type, 17, "com.microsoft"); }

constexpr ErrorCode kInvalid = ErrorCode::kInvalidModel;

Tensor Zeros(DType dtype, Shape shape) {
  Tensor tensor(dtype, std::move(shape));
  if (tensor.bytes() > 0) std::memset(tensor.mutable_raw(), 0, tensor.bytes());
  return tensor;
}

// Two samples of three positions, two heads of two elements; what differs is given.
struct QAttention {
  Shape input = {2, 3, 5}, weights = {5, 12}, bias = {12}, scale = {};
  Tensor mask = {}, past = {};
  int64_t heads = 2;

  OpTest Test() const {
    OpTest test = Microsoft("QAttention");
    test.Input(Zeros(DType::kUint8, input)).Constant(Zeros(DType::kInt8, weights));
    test.Input(Zeros(DType::kFloat, bias))
        .Input(F32({}, {0.1f}))
        .Input(Zeros(DType::kFloat, scale));
    mask.exists() ? test.Input(mask) : test.Absent();
    test.Absent().Absent();
    past.exists() ? test.Input(past) : test.Absent();
    return test.Set("num_heads", heads);
  }
};

TEST(QAttention, ZeroSizes) {
  const QAttention no_samples{.input = {0, 3, 5}}, no_rows{.input = {2, 0, 5}};
  ExpectTensor(no_samples.Test().RunOne(), F32({0, 3, 4}, {}));
  const std::vector<Tensor> y = no_rows.Test().Outputs(2).Run();
  ExpectTensor(y[0], F32({2, 0, 4}, {}));
  ExpectTensor(y[1], F32({2, 2, 2, 0, 2}, {}));
}

TEST(QAttention, BadModels) {
  const auto expect = [](OpTest test, const std::string& part, ErrorCode code = kInvalid) {
    ExpectError(code, part, [&] { test.RunOne(); });
  };
  expect(QAttention{.input = {3, 5}}.Test(), "input 0 has shape [3,5], expected rank 3");
  expect(QAttention{.weights = {4, 12}}.Test(), "different inner sizes");
  expect(QAttention{.weights = {5}}.Test(), "input 1 is no matrix");
  expect(QAttention{.weights = {2, 5, 12}}.Test(), "input 1 is no matrix");
  expect(QAttention{.bias = {11}}.Test(), "input 2 has shape [11], expected [12]");
  expect(QAttention{.scale = {11}}.Test(), "input 4 has shape [11]");
  expect(QAttention{.heads = 0}.Test(), "'num_heads' is '0'");
  expect(QAttention{.heads = 3}.Test(), "'num_heads' is '3'");
  expect(QAttention{.weights = {5, 11}, .bias = {11}}.Test(), "have '11' columns");
  for (const Shape& shape : {Shape{3}, Shape{2, 4}, Shape{2, 3, 4}, Shape{}}) {
    expect(QAttention{.mask = Zeros(DType::kInt32, shape)}.Test(), "input 5 has shape");
  }
  expect(QAttention{.mask = Zeros(DType::kInt64, {2})}.Test(), "input 5 of type 'int64'",
         ErrorCode::kUnsupported);
  for (const Shape& shape : {Shape{2, 2, 2, 1}, Shape{1, 2, 2, 1, 2}, Shape{2, 2, 2, 1, 3}}) {
    expect(QAttention{.past = Zeros(DType::kFloat, shape)}.Test(), "input 8 has shape");
  }
  expect(QAttention{}.Test().Set("do_rotary", 1), "'do_rotary'", ErrorCode::kUnsupported);
  expect(QAttention{}.Test().Set("past_present_share_buffer", 1), "'past_present_share_buffer'",
         ErrorCode::kUnsupported);
}

struct QEmbed {
  Tensor ids = I32({1, 3}, {0, 1, 2}), segments = I32({1, 3}, {0, 1, 0});
  Shape word = {4, 2}, position = {3, 2}, segment = {2, 2}, gamma = {2};
  Tensor mask = {};

  OpTest Test(const Shape& beta = {2}) const {
    OpTest test = Microsoft("QEmbedLayerNormalization");
    test.Input(ids).Input(segments);
    for (const Shape& shape : {word, position, segment, gamma, beta}) {
      test.Constant(Zeros(DType::kUint8, shape));
    }
    mask.exists() ? test.Input(mask) : test.Absent();
    for (int i = 0; i < 5; ++i) test.Constant(F32({}, {0.1f}));
    for (int i = 0; i < 5; ++i) test.Constant(U8({}, {3}));
    return test;
  }
};

TEST(QEmbedLayerNormalization, ZeroSizes) {
  ExpectTensor(QEmbed{.word = {4, 0}, .position = {3, 0}, .segment = {2, 0}, .gamma = {0}}
                   .Test({0})
                   .RunOne(),
               F32({1, 3, 0}, {}));
  const QEmbed none{.ids = I32({2, 0}, {}), .segments = I32({2, 0}, {})};
  const std::vector<Tensor> y = none.Test().Outputs(2).Run();
  ExpectTensor(y[0], F32({2, 0, 2}, {}));
  ExpectTensor(y[1], I32({2}, {0, 0}));
}

TEST(QEmbedLayerNormalization, BadModels) {
  const auto expect = [](const QEmbed& bad, const std::string& part, ErrorCode code = kInvalid) {
    ExpectError(code, part, [&] { bad.Test().Outputs(2).Run(); });
  };
  constexpr ErrorCode kArgument = ErrorCode::kInvalidArgument;
  expect({.ids = I32({1, 3}, {0, 4, 2})}, "index 4 is outside an embedding of 4 rows", kArgument);
  expect({.ids = I32({1, 3}, {0, -1, 2})}, "index -1 is outside", kArgument);
  expect({.segments = I32({1, 3}, {0, 2, 0})}, "index 2 is outside an embedding of 2", kArgument);
  expect({.position = {2, 2}}, "index 2 is outside an embedding of 2 rows", kArgument);
  expect({.ids = I32({3}, {0, 1, 2})}, "input 0 has shape [3], expected rank 2");
  expect({.ids = I64({1, 3}, {0, 1, 2})}, "input 0 of type 'int64'", ErrorCode::kUnsupported);
  expect({.segments = I32({1, 2}, {0, 1})}, "input 1 has shape [1,2], expected [1,3]");
  expect({.word = {8}}, "input 2 has shape [8], expected rank 2");
  expect({.position = {3, 3}}, "input 3 has shape [3,3]");
  expect({.gamma = {3}}, "input 5 has shape [3], expected rank 1");
  expect({.mask = I32({3}, {1, 1, 1})}, "input 7 has shape [3], expected [1,3]");
}

// Worked by hand: (2 * 4 + 3 * 5) * 0.5 * 2 - 3.
TEST(MatMulIntegerToFloat, Float16) {
  const auto half = [](Shape shape, uint16_t bits) {
    Tensor tensor(DType::kFloat16, std::move(shape));
    std::memcpy(tensor.mutable_raw(), &bits, sizeof(bits));
    return tensor;
  };
  OpTest test = Microsoft("MatMulIntegerToFloat");
  test.Input(U8({1, 2}, {2, 3})).Constant(I8({2, 1}, {4, 5}));
  test.Constant(half({}, 0x3800)).Constant(half({}, 0x4000)).Absent().Absent();
  const Tensor y = test.Constant(half({1}, 0xc200)).RunOne();
  EXPECT_TRUE(SameBits(y, half({1, 1}, 0x4d00)));
}

TEST(MatMulIntegerToFloat, ScalesFitTheMatrices) {
  const auto run = [](const Shape& scale, const Shape& zero) {
    OpTest test = Microsoft("MatMulIntegerToFloat");
    test.Input(Zeros(DType::kUint8, {2, 1, 3})).Input(Zeros(DType::kInt8, {2, 3, 4}));
    test.Input(F32({}, {0.1f})).Input(Zeros(DType::kFloat, scale)).Absent();
    return test.Input(Zeros(DType::kInt8, zero)).RunOne();
  };
  ExpectTensor(run({2, 1, 4}, {2, 1, 4}), F32({2, 1, 4}, std::vector<float>(8, 0.0f)));
  ExpectError(kInvalid, "input 3 has shape [2,1]", [&] { run({2, 1}, {}); });
  ExpectError(kInvalid, "input 5 has shape [3]", [&] { run({}, {3}); });
}

}  // namespace
}  // namespace quantab
