// Operators that also train, and constants.
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

// x is 0 to 7 in two channels: means 2.5 and 4.5, variances 17 / 4.
TEST(BatchNormalization, TrainsOnTheBatch) {
  const auto test = [](int64_t opset) {
    return OpTest("BatchNormalization", opset)
        .Input(Iota({2, 2, 2}))
        .Constant(F32({2}, {1, 2}))
        .Constant(F32({2}, {0, 1}))
        .Constant(F32({2}, {0, 10}))
        .Constant(F32({2}, {1, 2}))
        .Set("momentum", 0.75F)
        .Set("epsilon", 2.0F);
  };
  const Tensor y = F32({2, 2, 2}, {-1, -0.6F, -1, -0.2F, 0.6F, 1, 2.2F, 3});
  std::vector<Tensor> out = test(15).Set("training_mode", 1).Outputs(3).Run();
  ExpectTensor(out[0], y, 1e-6);
  ExpectTensor(out[1], F32({2}, {0.625F, 8.625F}));
  ExpectTensor(out[2], F32({2}, {1.8125F, 2.5625F}));
  // Before opset 14 further outputs mean training.
  out = test(9).Outputs(5).Run();
  ExpectTensor(out[0], y, 1e-6);
  ExpectTensor(out[1], F32({2}, {0.625F, 8.625F}));
  ExpectTensor(out[3], F32({2}, {2.5F, 4.5F}));
  ExpectTensor(out[4], F32({2}, {4.25F, 4.25F}));
  out = test(9).Outputs(5, {1, 2, 4}).Run();
  ExpectTensor(out[3], F32({2}, {2.5F, 4.5F}));
}

TEST(BatchNormalization, StatisticsKeepTheirType) {
  const std::vector<Tensor> out = OpTest("BatchNormalization", 15)
                                      .Input(F64({2, 1}, {1, 3}))
                                      .Constant(F64({1}, {1}))
                                      .Constant(F64({1}, {0}))
                                      .Constant(F32({1}, {2}))
                                      .Constant(F32({1}, {1}))
                                      .Set("training_mode", 1)
                                      .Set("epsilon", 0.0F)
                                      .Outputs(3)
                                      .Run();
  ExpectTensor(out[0], F64({2, 1}, {-1, 1}));
  ExpectTensor(out[1], F32({1}, {2}));
  ExpectTensor(out[2], F32({1}, {1}));
}

TEST(BatchNormalization, EveryElementMayBeAChannel) {
  OpTest test("BatchNormalization", 7);
  test.Input(F32({2, 1, 2}, {1, 2, 3, 4})).Constant(F32({1, 2}, {1, 10}));
  for (const float value : {0.0F, 1.0F, 4.0F}) test.Constant(F32({1, 2}, {value, value}));
  test.Set("spatial", 0).Set("epsilon", 0.0F);
  ExpectTensor(test.RunOne(), F32({2, 1, 2}, {0, 5, 1, 15}));
}

// The mask that numpy.random.RandomState(0).uniform(0, 1, 6) >= 0.6 gives.
TEST(Dropout, DropsAsTheSeedSays) {
  const std::vector<Tensor> y = OpTest("Dropout", 13)
                                    .Input(F32({6}, {1, 2, 3, 4, 5, 6}))
                                    .Input(F32({}, {0.6F}))
                                    .Input(Bools({}, {true}))
                                    .Set("seed", 0)
                                    .Outputs(2)
                                    .Run();
  ExpectTensor(y[0], F32({6}, {0, 5, 7.5F, 0, 0, 15}), 1e-5);
  ExpectTensor(y[1], Bools({6}, {false, true, true, false, false, true}));
}

TEST(Dropout, TrainsWithoutASeed) {
  const Tensor x = F64({1000}, std::vector<double>(1000, 1));
  const auto run = [&](float ratio) {
    return OpTest("Dropout", 13)
        .Input(x)
        .Input(F32({}, {ratio}))
        .Input(Bools({}, {true}))
        .Outputs(2)
        .Run();
  };
  const std::vector<Tensor> half = run(0.5F);
  const auto mask = half[1].span<bool>();
  const auto kept = std::count(mask.begin(), mask.end(), true);
  EXPECT_TRUE(kept > 400 && kept < 600) << kept;
  const std::vector<Tensor> all = run(0);
  EXPECT_EQ(std::count(all[1].data<bool>(), all[1].data<bool>() + 1000, true), 1000);
  for (const float ratio : {1.0F, -0.5F, std::numeric_limits<float>::quiet_NaN()}) {
    ExpectError(ErrorCode::kInvalidModel, "expected one from 0 up to 1", [&] { run(ratio); });
  }
}

TEST(Constant, Sparse) {
  const auto run = [](std::vector<int64_t> index_dims, const std::vector<int64_t>& indices) {
    GraphBuilder builder(13);
    builder.Node("Constant", {}, {"y"}).Output("y");
    onnx::AttributeProto* attribute = builder.graph().mutable_node(0)->add_attribute();
    attribute->set_name("sparse_value");
    attribute->set_type(onnx::AttributeProto::SPARSE_TENSOR);
    onnx::SparseTensorProto* sparse = attribute->mutable_sparse_tensor();
    *sparse->mutable_values() = ToProto("values", F32({2}, {3, -1}));
    *sparse->mutable_indices() = ToProto("indices", I64(std::move(index_dims), indices));
    sparse->add_dims(2);
    sparse->add_dims(3);
    Session session(builder.model());
    return session.Run({}).at("y");
  };
  const Tensor expected = F32({2, 3}, {0, 3, 0, 0, 0, -1});
  ExpectTensor(run({2}, {1, 5}), expected);
  ExpectTensor(run({2, 2}, {0, 1, 1, 2}), expected);
  ExpectError(ErrorCode::kInvalidModel, "has index 6", [&] { run({2}, {1, 6}); });
  ExpectError(ErrorCode::kInvalidModel, "has index -1", [&] { run({2, 2}, {0, 1, -1, 2}); });
  ExpectError(ErrorCode::kInvalidModel, "has index 3", [&] { run({2, 2}, {0, 3, 1, 2}); });
  ExpectError(ErrorCode::kInvalidModel, "has 2 values", [&] { run({3}, {0, 1, 2}); });
}

TEST(Bitwise, IntegersOnly) {
  ExpectTensor(OpTest("BitwiseXor", 18).Input(I8({2}, {5, -1})).Input(I8({1}, {3})).RunOne(),
               I8({2}, {6, -4}));
  ExpectTensor(OpTest("BitwiseNot", 18).Input(U8({2}, {0, 7})).RunOne(), U8({2}, {255, 248}));
  ExpectError(ErrorCode::kUnsupported, "input 0 of type 'float32'",
              [] { OpTest("BitwiseNot", 18).Input(F32({1}, {1})).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "expected one type",
              [] { OpTest("BitwiseAnd", 18).Input(I8({1}, {1})).Input(U8({1}, {1})).RunOne(); });
}

// A shift by all bits or more, or a negative one, leaves the sign or nothing, as in the reference.
TEST(BitShift, BeyondTheWidth) {
  const auto shift = [](const char* direction, const Tensor& a, const Tensor& b) {
    return OpTest("BitShift", 11).Input(a).Input(b).Set("direction", direction).RunOne();
  };
  ExpectTensor(shift("LEFT", U8({4}, {1, 255, 1, 1}), U8({4}, {7, 1, 8, 200})),
               U8({4}, {128, 254, 0, 0}));
  ExpectTensor(shift("RIGHT", I8({4}, {-128, -1, 100, -5}), I8({4}, {2, 8, 9, -1})),
               I8({4}, {-32, -1, 0, -1}));
  ExpectError(ErrorCode::kInvalidModel, "'direction' is ''",
              [&] { shift("", U8({1}, {1}), U8({1}, {1})); });
}

TEST(CumProd, ExclusiveAndReverse) {
  const auto run = [](int exclusive, int reverse) {
    return OpTest("CumProd", 26)
        .Input(I32({2, 3}, {1, 2, 3, 4, 5, 6}))
        .Input(I64({}, {-1}))
        .Set("exclusive", exclusive)
        .Set("reverse", reverse)
        .RunOne();
  };
  ExpectTensor(run(0, 0), I32({2, 3}, {1, 2, 6, 4, 20, 120}));
  ExpectTensor(run(1, 0), I32({2, 3}, {1, 1, 2, 1, 4, 20}));
  ExpectTensor(run(1, 1), I32({2, 3}, {6, 3, 1, 30, 6, 1}));
}

}  // namespace
}  // namespace quantab
