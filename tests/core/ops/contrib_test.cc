// com.microsoft's float operators: what the cases of tests/conformance/contrib do not show, mostly
// that inputs which do not fit each other are errors.
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

OpTest Contrib(const std::string& op_type) { return OpTest(op_type, 17, "com.microsoft"); }

void ExpectInvalid(OpTest test, const std::string& part) {
  ExpectError(ErrorCode::kInvalidModel, part, [&] { test.Run(); });
}
void ExpectUnsupported(OpTest test, const std::string& part) {
  ExpectError(ErrorCode::kUnsupported, part, [&] { test.Run(); });
}

// --- normalizations ---------------------------------------------------------------------------

OpTest SkipNorm(const Shape& x, const Shape& skip, const Shape& gamma) {
  return Contrib("SkipLayerNormalization")
      .Input(Iota(x))
      .Input(Iota(skip))
      .Input(Iota(gamma))
      .Outputs(4);
}

TEST(SkipLayerNormalization, RejectsWhatDoesNotFit) {
  ExpectInvalid(SkipNorm({}, {}, {1}), "scalar");
  ExpectInvalid(SkipNorm({2, 3}, {3, 2}, {3}), "does not repeat to [2,3]");
  ExpectInvalid(SkipNorm({2, 3}, {1, 2, 3}, {3}), "does not repeat to [2,3]");
  ExpectInvalid(SkipNorm({2, 3}, {2, 3}, {2}), "expected [3]");
  ExpectInvalid(SkipNorm({2, 3}, {2, 3}, {3}).Input(Iota({4})), "input 3");
  ExpectInvalid(SkipNorm({2, 3}, {2, 3}, {3}).Absent().Input(Iota({4})), "input 4");
  ExpectUnsupported(Contrib("SkipLayerNormalization")
                        .Input(I32({1}, {1}))
                        .Input(I32({1}, {1}))
                        .Input(I32({1}, {1})),
                    "input 0 of type 'int32'");
}

TEST(SkipLayerNormalization, NormalizesTheSum) {
  // Sums 1 3 and 4 8: means 2 and 6, deviations 1 and 2.
  const auto y = Contrib("SkipLayerNormalization")
                     .Input(F32({2, 2}, {1, 2, 4, 7}))
                     .Input(F32({2}, {0, 1}))
                     .Input(F32({2}, {1, 10}))
                     .Set("epsilon", 0.0f)
                     .Outputs(4)
                     .Run();
  ExpectTensor(y[0], F32({2, 2}, {-1, 10, -1, 10}));
  ExpectTensor(y[1], F32({2, 1}, {2, 6}));
  ExpectTensor(y[2], F32({2, 1}, {1, 0.5}));
  ExpectTensor(y[3], F32({2, 2}, {1, 3, 4, 8}));
}

OpTest Embed(const Tensor& ids, const Tensor& segments) {
  return Contrib("EmbedLayerNormalization")
      .Input(ids)
      .Input(segments)
      .Input(Iota({3, 2}))
      .Input(Iota({2, 2}))
      .Input(Iota({1, 2}))
      .Input(Iota({2}))
      .Input(Iota({2}))
      .Outputs(2);
}

TEST(EmbedLayerNormalization, RejectsWhatDoesNotFit) {
  const Tensor ids = I32({1, 2}, {0, 2}), zeros = I32({1, 2}, {0, 0});
  EXPECT_EQ(Embed(ids, zeros).Run()[1].dtype(), DType::kInt32);
  ExpectInvalid(Embed(I32({1, 2}, {0, 3}), zeros), "index '3' is outside input 2");
  ExpectInvalid(Embed(I32({1, 2}, {-1, 0}), zeros), "index '-1'");
  ExpectInvalid(Embed(ids, I32({1, 2}, {0, 1})), "outside input 4");
  ExpectInvalid(Embed(I32({1, 3}, {0, 0, 0}), I32({1, 3}, {0, 0, 0})), "outside input 3");
  ExpectInvalid(Embed(ids, I32({2}, {0, 0})), "input 1 has shape [2]");
  ExpectInvalid(Embed(ids, zeros).Input(I32({1, 1}, {1})), "input 7");
  ExpectInvalid(Embed(ids, zeros).Absent().Input(I32({1, 1}, {1})), "input 8");
  ExpectUnsupported(Embed(I64({1, 2}, {0, 0}), zeros), "input 0 of type 'int64'");
}

TEST(SimplifiedLayerNormalization, HasTheTypeOfItsScale) {
  const auto y = OpTest("SimplifiedLayerNormalization")
                     .Input(Tensor(DType::kFloat16, {0, 4}))
                     .Input(Iota({4}))
                     .Run();
  EXPECT_EQ(y[0].dtype(), DType::kFloat);
}

// --- activations and products -----------------------------------------------------------------

TEST(BiasGelu, NeedsABiasThatFits) {
  ExpectInvalid(Contrib("BiasGelu").Input(Iota({2, 3})), "input 1 is missing");
  ExpectInvalid(Contrib("BiasGelu").Input(Iota({2, 3})).Input(Iota({2})), "input 1 has shape [2]");
}

TEST(BiasAdd, RejectsWhatDoesNotFit) {
  const auto add = [](const Shape& bias, const Shape& skip) {
    return Contrib("BiasAdd").Input(Iota({2, 3})).Input(Iota(bias)).Input(Iota(skip));
  };
  ExpectTensor(add({3}, {2, 3}).RunOne(), F32({2, 3}, {0, 3, 6, 6, 9, 12}));
  ExpectInvalid(add({2}, {2, 3}), "do not fit [2,3]");
  ExpectInvalid(add({3}, {3}), "do not fit [2,3]");
}

TEST(BiasSoftmax, RejectsWhatDoesNotFit) {
  const auto softmax = [](const Shape& bias, int axis) {
    return Contrib("BiasSoftmax")
        .Input(Iota({2, 3}))
        .Input(Iota(bias))
        .Set("axis", axis)
        .Set("is_inner_broadcast", 0);
  };
  ExpectInvalid(softmax({2, 2}, 1), "does not repeat to [2,3]");
  ExpectInvalid(softmax({2, 2, 3}, 1), "does not repeat to [2,3]");
  ExpectInvalid(softmax({3}, 2), "axis '2'");
}

TEST(FusedMatMul, PacksAConstantAsItDoesAnInput) {
  for (const char* flag : {"transB", "transBatchB"}) {
    const Tensor a = Iota({4, 3, 4}, -5, 0.5), b = Iota({4, 4, 4}, 3, -0.25);
    OpTest dynamic = Contrib("FusedMatMul").Input(a).Input(b).Set(flag, 1).Set("alpha", 0.5f);
    OpTest constant = Contrib("FusedMatMul").Input(a).Constant(b).Set(flag, 1).Set("alpha", 0.5f);
    EXPECT_TRUE(SameBits(dynamic.RunOne(), constant.RunOne())) << flag;
  }
}

TEST(FusedMatMul, RejectsWhatDoesNotFit) {
  const auto matmul = [](const Shape& a, const Shape& b) {
    return Contrib("FusedMatMul").Input(Iota(a)).Input(Iota(b));
  };
  ExpectInvalid(matmul({2, 3}, {3, 4}).Set("transB", 1), "different inner sizes");
  ExpectInvalid(matmul({}, {3, 4}).Set("transA", 1), "scalar");
  ExpectInvalid(matmul({3, 4}, {}).Set("transB", 1), "scalar");
  ExpectUnsupported(matmul(Shape(17, 1), {1, 1}).Set("transA", 1), "rank 17");
  ExpectTensor(matmul({2, 0}, {0, 1}).RunOne(), F32({2, 1}, {0, 0}));
}

TEST(FusedGemm, KnowsItsActivations) {
  const auto gemm = [](const char* activation) {
    return Contrib("FusedGemm")
        .Input(Iota({2, 2}))
        .Input(Iota({2, 2}))
        .Set("activation", activation);
  };
  ExpectUnsupported(gemm("Loop"), "activation 'Loop'");
  ExpectUnsupported(gemm(""), "activation ''");
}

// --- convolutions and pooling -----------------------------------------------------------------

OpTest Conv(const std::string& op_type, const Shape& x, const char* activation) {
  return Contrib(op_type)
      .Input(Iota(x))
      .Input(Iota({1, 1, 2, 2}))
      .Absent()
      .Set("activation", activation);
}

TEST(FusedConv, RejectsWhatDoesNotFit) {
  const Shape x = {1, 1, 2, 2};
  ExpectTensor(Conv("FusedConv", x, "Relu").RunOne(), F32({1, 1, 1, 1}, {14}));
  // 14 / (1 + exp(-14)).
  ExpectTensor(Conv("FusedConv", x, "Silu").RunOne(), F32({1, 1, 1, 1}, {13.9999884f}));
  ExpectUnsupported(Conv("FusedConv", x, "Softmax"), "activation 'Softmax'");
  ExpectInvalid(Conv("FusedConv", x, "Clip"), "has 0 values, expected 2");
  ExpectInvalid(Conv("FusedConv", x, "Relu").Input(Iota({1})), "input 3 has shape [1]");
  ExpectInvalid(Conv("FusedConv", {2, 2}, "Relu"), "expected equal ranks");
  ExpectInvalid(Conv("NhwcFusedConv", {2, 2}, "Relu"), "rank 3 or more");
  ExpectInvalid(Conv("NhwcFusedConv", {1, 2, 2, 3}, "Relu"), "do not fit an input");
}

TEST(NhwcMaxPool, RejectsWhatItCannotPool) {
  const auto pool = [](const Tensor& x, const std::vector<int64_t>& kernel) {
    return Contrib("NhwcMaxPool").Input(x).Set("kernel_shape", kernel);
  };
  ExpectTensor(pool(U8({1, 2, 2}, {1, 9, 3, 4}), {2}).RunOne(), U8({1, 1, 2}, {3, 9}));
  ExpectInvalid(pool(U8({1, 2}, {1, 2}), {1}), "rank 2");
  ExpectInvalid(pool(U8({1, 1, 2}, {1, 2}), {2}), "does not fit an input of '1'");
  ExpectInvalid(pool(U8({1, 1, 2}, {1, 2}), {1, 1}), "window has 2 dimensions");
  ExpectUnsupported(pool(Iota({1, 1, 2}), {1}), "float32");
}

// --- attention --------------------------------------------------------------------------------

OpTest Rotary(const Shape& x, const Tensor& positions, const Shape& cache) {
  return Contrib("RotaryEmbedding")
      .Input(Iota(x))
      .Input(positions)
      .Input(Iota(cache))
      .Input(Iota(cache));
}

TEST(ContribRotaryEmbedding, RejectsWhatDoesNotFit) {
  const Tensor first = I64({1}, {1});
  EXPECT_EQ(Rotary({1, 2, 4}, first, {3, 2}).RunOne().shape(), Shape({1, 2, 4}));
  ExpectInvalid(Rotary({1, 2, 4}, I64({1}, {2}), {3, 2}), "position '2' is outside");
  ExpectInvalid(Rotary({1, 2, 4}, I64({1, 2}, {0, 3}), {3, 2}), "position '3' is outside");
  ExpectInvalid(Rotary({1, 2, 4}, I64({1, 2}, {-1, 0}), {3, 2}), "position '-1' is outside");
  ExpectInvalid(Rotary({1, 2, 4}, I64({2}, {0, 0}), {3, 2}), "input 1 has shape [2]");
  ExpectInvalid(Rotary({1, 2, 6}, first, {3, 2}), "num_heads");
  ExpectInvalid(Rotary({1, 2, 4}, first, {3, 0}), "num_heads");
  ExpectInvalid(Rotary({1, 2, 4}, first, {3, 2}).Set("num_heads", 2), "do not turn");
  ExpectInvalid(Rotary({1, 1, 2, 4}, first, {3, 3}), "do not turn");
  ExpectInvalid(Rotary({2, 4}, first, {3, 2}), "rank 3 or 4");
  ExpectUnsupported(Rotary({1, 2, 4}, I32({1}, {0}), {3, 2}), "int32");
}

OpTest SelfAttention(int heads, const Tensor& mask = Tensor()) {
  OpTest test = Contrib("Attention").Set("num_heads", heads).Outputs(2);
  test.Input(Iota({1, 2, 3})).Input(Iota({3, 12})).Input(Iota({12}));
  return mask.exists() ? test.Input(mask) : test.Absent();
}

TEST(ContribAttention, RejectsWhatDoesNotFit) {
  EXPECT_EQ(SelfAttention(2).Run()[1].shape(), Shape({2, 1, 2, 2, 2}));
  ExpectInvalid(SelfAttention(0), "'0' heads");
  ExpectInvalid(SelfAttention(3), "'3' heads");
  ExpectInvalid(SelfAttention(2).Set("qkv_hidden_sizes", {4, 2, 6}), "hidden sizes [4,2,6]");
  ExpectInvalid(SelfAttention(2).Set("qkv_hidden_sizes", {4, 4, 6}), "hidden sizes [4,4,6]");
  ExpectInvalid(SelfAttention(2).Set("qkv_hidden_sizes", {2, 2, 8}), "one size");
  ExpectInvalid(SelfAttention(2, I32({3}, {1, 1, 1})), "input 3 has shape [3]");
  ExpectInvalid(SelfAttention(2, I32({1, 3}, {1, 1, 1})), "input 3 has shape [1,3]");
  ExpectInvalid(SelfAttention(2, I32({1, 1, 1, 1}, {1})), "input 3 has shape [1,1,1,1]");
  ExpectUnsupported(SelfAttention(2, I64({1}, {1})), "int64");
  ExpectInvalid(SelfAttention(2).Input(Iota({2, 1, 2, 1, 3})), "input 4 has shape");
  ExpectInvalid(SelfAttention(2).Absent().Input(Iota({1, 2, 2, 3})), "input 5 has shape");
  ExpectInvalid(SelfAttention(2).Set("do_rotary", 1).Set("rotary_embedding_dim", 4), "pairwise");
}

TEST(ContribAttention, ASharedCacheNeedsRoom) {
  const auto shared = [](const Tensor& length) {
    return SelfAttention(2)
        .Set("past_present_share_buffer", 1)
        .Input(Iota({2, 1, 2, 4, 2}))
        .Absent()
        .Input(length);
  };
  EXPECT_EQ(shared(I32({1}, {2})).Run()[1].shape(), Shape({2, 1, 2, 4, 2}));
  ExpectInvalid(shared(I32({1}, {3})), "leave room");
  ExpectInvalid(shared(I32({1}, {-1})), "leave room");
  ExpectInvalid(shared(I32({2}, {0, 0})), "leave room");
}

OpTest MultiHead(const std::vector<Shape>& inputs) {
  OpTest test = Contrib("MultiHeadAttention").Set("num_heads", 2);
  for (const Shape& shape : inputs) shape.empty() ? test.Absent() : test.Input(Iota(shape));
  return test;
}

TEST(MultiHeadAttention, RejectsWhatDoesNotFit) {
  const Shape q = {1, 2, 4}, none;
  EXPECT_EQ(MultiHead({q, q, q}).RunOne().shape(), q);
  ExpectInvalid(MultiHead({{2, 4}, q, q}), "do not fit '2' heads");
  ExpectInvalid(MultiHead({{1, 2, 3}, q, q}), "do not fit");
  ExpectInvalid(MultiHead({q}), "input 1 is missing");
  ExpectInvalid(MultiHead({q, q}), "input 2 is missing");
  ExpectInvalid(MultiHead({q, {1, 2, 6}, q}), "do not fit");
  ExpectInvalid(MultiHead({q, q, {1, 3, 4}}), "do not fit");
  ExpectInvalid(MultiHead({q, {1, 2, 2, 2}, q}), "do not fit");
  ExpectInvalid(MultiHead({q, {1, 2, 2, 2, 2}, q}), "do not fit");
  ExpectInvalid(MultiHead({{1, 2, 2, 2, 2}}), "do not fit");
  ExpectInvalid(MultiHead({{1, 2, 2, 3, 2}, q}), "do not fit");
  ExpectInvalid(MultiHead({q, q, q, {10}}), "[q + k + v]");
  ExpectInvalid(MultiHead({q, q, q, none, none, none, {1, 2, 3, 2}}), "input 7 is missing");
  ExpectInvalid(MultiHead({q, q, q, none, none, none, {1, 2, 3, 2}, {1, 2, 2, 2}}), "a cache");
  const Shape past = {1, 2, 3, 2};
  ExpectInvalid(MultiHead({q, q, q, none, none, none, past, past}).Input(I32({1}, {2})),
                "leave room");
  ExpectUnsupported(MultiHead({q, q, q, none, none, none, none, none, none, {1}}),
                    "cache_indirection");
}

// Two heads of queries, one of keys, of size 2; a cache of three rows.
OpTest GroupQuery(int64_t rows, const Tensor& lengths, const Tensor& total) {
  OpTest test = Contrib("GroupQueryAttention").Set("num_heads", 2).Set("kv_num_heads", 1);
  test.Input(Iota({1, rows, 4})).Input(Iota({1, rows, 2})).Input(Iota({1, rows, 2}));
  test.Input(Iota({1, 1, 3, 2})).Input(Iota({1, 1, 3, 2})).Input(lengths).Input(total);
  return test.Outputs(3);
}

TEST(GroupQueryAttention, RejectsLengthsThatDoNotFit) {
  const auto one = [](int32_t length, int32_t total) {
    return GroupQuery(1, I32({1}, {length}), I32({1}, {total}));
  };
  EXPECT_EQ(one(3, 4).Run()[1].shape(), Shape({1, 1, 4, 2}));
  EXPECT_EQ(one(1, 2).Run()[1].shape(), Shape({1, 1, 3, 2}));
  ExpectInvalid(one(-1, 2), "'seqlens_k' holds '-1'");
  ExpectInvalid(one(2, 2), "'seqlens_k' holds '2'");
  ExpectInvalid(one(0, 0), "'total_sequence_length' is '0'");
  ExpectInvalid(one(3, 5), "'total_sequence_length' is '5'");
  ExpectInvalid(GroupQuery(2, I32({1}, {0}), I32({1}, {3})), "'seqlens_k' holds '0'");
  ExpectInvalid(GroupQuery(1, I32({2}, {0, 0}), I32({1}, {1})), "have '2' and '1' values");
}

TEST(GroupQueryAttention, RejectsWhatDoesNotFit) {
  const auto one = [] { return GroupQuery(1, I32({1}, {1}), I32({1}, {2})); };
  ExpectInvalid(one().Set("do_rotary", 1), "input 7 is missing");
  ExpectInvalid(one().Set("do_rotary", 1).Input(Iota({1, 1})).Input(Iota({1, 1})), "a position");
  ExpectInvalid(one().Set("do_rotary", 1).Input(Iota({2, 2})).Input(Iota({2, 2})), "heads of size");
  ExpectInvalid(
      one().Set("do_rotary", 1).Input(Iota({2, 1})).Input(Iota({2, 1})).Input(I64({1, 2}, {0, 0})),
      "input 9 has shape [1,2]");
  ExpectInvalid(one().Absent().Absent().Absent().Input(Iota({1, 2, 1, 3})), "input 10");
  ExpectInvalid(one().Absent().Absent().Absent().Absent().Input(Iota({1})), "input 11");
  ExpectUnsupported(one().Set("k_quant_type", "PER_TENSOR"), "quantized cache");
  ExpectUnsupported(one().Set("sliding_window_cache", 1), "sliding_window_cache");
  ExpectInvalid(Contrib("GroupQueryAttention")
                    .Set("num_heads", 3)
                    .Set("kv_num_heads", 2)
                    .Input(Iota({1, 1, 7})),
                "'3' heads of queries");
}

}  // namespace
}  // namespace quantab
