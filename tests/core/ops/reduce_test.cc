// Reductions, softmax and its kin, normalisations.
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

TEST(Reduce, AxesAsAttributeAndAsInput) {
  const Tensor x = Iota({2, 3, 2}, 1, 1);
  ExpectTensor(OpTest("ReduceSum", 11).Input(x).Set("axes", std::vector<int64_t>{1}).RunOne(),
               F32({2, 1, 2}, {9, 12, 27, 30}));
  ExpectTensor(
      OpTest("ReduceSum", 13).Input(x).Constant(I64({1}, {-1})).Set("keepdims", 0).RunOne(),
      F32({2, 3}, {3, 7, 11, 15, 19, 23}));
  ExpectTensor(OpTest("ReduceMean", 18).Input(x).Constant(I64({2}, {0, 2})).RunOne(),
               F32({1, 3, 1}, {4.5f, 6.5f, 8.5f}));
  ExpectTensor(OpTest("ReduceMax", 13).Input(x).Set("keepdims", 0).RunOne(), F32({}, {12}));
}

TEST(Reduce, EveryKind) {
  const Tensor x = F32({2, 2}, {1, -2, 3, 4});
  const auto run = [&](const char* name) {
    return OpTest(name, 18).Input(x).Constant(I64({1}, {1})).Set("keepdims", 0).RunOne();
  };
  ExpectTensor(run("ReduceMin"), F32({2}, {-2, 3}));
  ExpectTensor(run("ReduceProd"), F32({2}, {-2, 12}));
  ExpectTensor(run("ReduceSumSquare"), F32({2}, {5, 25}));
  ExpectTensor(run("ReduceL1"), F32({2}, {3, 7}));
  ExpectTensor(run("ReduceL2"), F32({2}, {2.236068f, 5}));
  ExpectTensor(run("ReduceLogSumExp"), F32({2}, {1.0485873f, 4.3132617f}));
  ExpectTensor(OpTest("ReduceLogSum", 18).Input(F32({1, 2}, {1, 3})).RunOne(),
               F32({1, 1}, {1.3862944f}));
}

TEST(Reduce, OuterAndInnerAxesTogether) {
  // [2,2,2] over axes 0 and 2: two steps, of which the second must not square again.
  const Tensor x = F32({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  ExpectTensor(OpTest("ReduceSumSquare", 18).Input(x).Constant(I64({2}, {0, 2})).RunOne(),
               F32({1, 2, 1}, {66, 138}));
  ExpectTensor(OpTest("ReduceL1", 18).Input(x).Constant(I64({2}, {0, 2})).RunOne(),
               F32({1, 2, 1}, {14, 22}));
}

TEST(Reduce, EmptyAxesAndEmptyTensors) {
  const Tensor x = F32({2}, {-3, 4});
  ExpectTensor(OpTest("ReduceSumSquare", 18).Input(x).Set("noop_with_empty_axes", 1).RunOne(),
               F32({2}, {9, 16}));
  ExpectTensor(OpTest("ReduceSum", 13).Input(F32({2, 0}, {})).Constant(I64({1}, {1})).RunOne(),
               F32({2, 1}, {0, 0}));
  ExpectTensor(OpTest("ReduceSum", 13).Input(I64({3}, {1, 2, 3})).RunOne(), I64({1}, {6}));
  ExpectError(ErrorCode::kInvalidModel, "axis '2' is outside a tensor of rank 1",
              [&] { OpTest("ReduceSum", 13).Input(x).Constant(I64({1}, {2})).RunOne(); });
}

TEST(Softmax, FlattensBeforeOpset13) {
  const Tensor x = F32({1, 2, 2}, {0, 0, 0, 1.0986123f});
  // All four values of the row together, against pairs along one axis.
  ExpectTensor(OpTest("Softmax", 11).Input(x).RunOne(),
               F32({1, 2, 2}, {1 / 6.f, 1 / 6.f, 1 / 6.f, 0.5f}), 1e-6);
  ExpectTensor(OpTest("Softmax", 13).Input(x).RunOne(), F32({1, 2, 2}, {0.5f, 0.5f, 0.25f, 0.75f}),
               1e-6);
  ExpectTensor(OpTest("Softmax", 13).Input(x).Set("axis", 1).RunOne(),
               F32({1, 2, 2}, {0.5f, 0.25f, 0.5f, 0.75f}), 1e-6);
  ExpectTensor(OpTest("LogSoftmax", 13).Input(x).RunOne(),
               F32({1, 2, 2}, {-0.6931472f, -0.6931472f, -1.3862944f, -0.2876821f}), 1e-6);
  ExpectTensor(OpTest("Hardmax", 13).Input(x).RunOne(), F32({1, 2, 2}, {1, 0, 0, 1}));
}

TEST(BatchNormalization, NormalisesByChannel) {
  const Tensor x = Iota({2, 2, 2}, 0, 1);
  const Tensor y = OpTest("BatchNormalization", 9)
                       .Input(x)
                       .Constant(F32({2}, {1, 2}))
                       .Constant(F32({2}, {0, 1}))
                       .Constant(F32({2}, {1, 2}))
                       .Constant(F32({2}, {4, 0.25f}))
                       .Set("epsilon", 0.0f)
                       .RunOne();
  ExpectTensor(y, F32({2, 2, 2}, {-0.5f, 0, 1, 5, 1.5f, 2, 17, 21}));
}

// The reference evaluator's result.
TEST(BatchNormalization, ADimensionAloneIsOneChannel) {
  OpTest test("BatchNormalization", 15);
  test.Input(F32({3}, {0, 1, 2}));
  for (const float value : {2.0f, 1.0f, 0.5f, 4.0f}) test.Constant(F32({1}, {value}));
  ExpectTensor(test.RunOne(), F32({3}, {0.5000006f, 1.4999994f, 2.499998f}));
  OpTest more("BatchNormalization", 15);
  more.Input(F32({3}, {0, 1, 2}));
  for (int i = 0; i < 4; ++i) more.Constant(F32({3}, {1, 1, 1}));
  ExpectError(ErrorCode::kInvalidModel, "input 1 has shape [3], expected [1]",
              [&] { more.RunOne(); });
}

TEST(Normalization, NothingToNormalise) {
  for (const Shape& shape : {Shape{1, 0, 2}, Shape{0, 2, 2}, Shape{1, 2, 0}}) {
    const Tensor parameter = Iota({shape[1]});
    ExpectTensor(OpTest("InstanceNormalization")
                     .Input(Iota(shape))
                     .Constant(parameter)
                     .Constant(parameter)
                     .RunOne(),
                 Iota(shape));
    for (const int opset : {18, 21}) {
      const Tensor by_group = opset == 18 ? Iota({2}) : parameter;
      ExpectTensor(OpTest("GroupNormalization", opset)
                       .Input(Iota(shape))
                       .Constant(by_group)
                       .Constant(by_group)
                       .Set("num_groups", 2)
                       .RunOne(),
                   Iota(shape));
    }
  }
}

TEST(Normalization, InstanceGroupLayerRms) {
  const Tensor x = F32({1, 2, 2}, {1, 3, 2, 6});
  ExpectTensor(OpTest("InstanceNormalization")
                   .Input(x)
                   .Constant(F32({2}, {1, 2}))
                   .Constant(F32({2}, {0, 1}))
                   .Set("epsilon", 0.0f)
                   .RunOne(),
               F32({1, 2, 2}, {-1, 1, -1, 3}), 1e-5);
  // Mean 3, variance 3.5 over both channels.
  ExpectTensor(OpTest("GroupNormalization", 21)
                   .Input(x)
                   .Constant(F32({2}, {1, 1}))
                   .Constant(F32({2}, {0, 0}))
                   .Set("epsilon", 0.0f)
                   .Set("num_groups", 1)
                   .RunOne(),
               F32({1, 2, 2}, {-1.0690450f, 0, -0.5345225f, 1.6035675f}), 1e-5);
  const std::vector<Tensor> layer = OpTest("LayerNormalization")
                                        .Input(x)
                                        .Constant(F32({2}, {2, 2}))
                                        .Constant(F32({2}, {1, 1}))
                                        .Set("epsilon", 0.0f)
                                        .Outputs(3)
                                        .Run();
  ExpectTensor(layer[0], F32({1, 2, 2}, {-1, 3, -1, 3}), 1e-5);
  ExpectTensor(layer[1], F32({1, 2, 1}, {2, 4}), 1e-5);
  ExpectTensor(layer[2], F32({1, 2, 1}, {1, 0.5f}), 1e-5);
  ExpectTensor(OpTest("RMSNormalization", 23)
                   .Input(F32({1, 2}, {1, 7}))
                   .Constant(F32({2}, {5, 1}))
                   .Set("epsilon", 0.0f)
                   .RunOne(),
               F32({1, 2}, {1, 1.4f}), 1e-5);
}

TEST(Normalization, LrnAndLp) {
  ExpectTensor(OpTest("LRN")
                   .Input(F32({1, 3, 1}, {1, 2, 3}))
                   .Set("size", 3)
                   .Set("alpha", 3.0f)
                   .Set("beta", 1.0f)
                   .RunOne(),
               F32({1, 3, 1}, {1 / 6.f, 2 / 15.f, 3 / 14.f}));
  ExpectTensor(OpTest("LpNormalization").Input(F32({2, 2}, {3, 4, 0, 0})).RunOne(),
               F32({2, 2}, {0.6f, 0.8f, 0, 0}));
}

}  // namespace
}  // namespace quantab
