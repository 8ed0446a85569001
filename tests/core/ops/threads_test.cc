// Operators that split their loops give the same bits with any number of threads.
#include "tests/core/base/threads_scope.h"
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

Tensor Waves(Shape shape) {
  Tensor tensor(DType::kFloat, std::move(shape));
  for (int64_t i = 0; i < tensor.count(); ++i) {
    tensor.mutable_data<float>()[i] = std::sin(0.37F * static_cast<float>(i));
  }
  return tensor;
}

Tensor Bytes(Shape shape) {
  Tensor tensor(DType::kUint8, std::move(shape));
  for (int64_t i = 0; i < tensor.count(); ++i) {
    tensor.mutable_data<uint8_t>()[i] = static_cast<uint8_t>(i * 31 % 251);
  }
  return tensor;
}

// Runs `make()` with one thread and with several.
template <class Make>
void ExpectSameWithThreads(Make make) {
  const auto run = [&](int threads) {
    const ThreadsScope scope(threads);
    return make().RunOne();
  };
  const Tensor expected = run(1);
  for (const int threads : {2, 3, 5}) EXPECT_TRUE(SameBits(run(threads), expected)) << threads;
}

TEST(ThreadsTest, Pools) {
  // Planes of a few thousand windows, their number not a multiple of what a thread takes at once.
  const auto pool = [](const char* name, const Tensor& x) {
    ExpectSameWithThreads([&] {
      return OpTest(name, 19)
          .Set("kernel_shape", {3, 3})
          .Set("strides", {1, 2})
          .Set("pads", {1, 0, 1, 1})
          .Input(x);
    });
  };
  pool("MaxPool", Waves({3, 37, 41, 67}));
  pool("MaxPool", Bytes({1, 37, 41, 67}));
  pool("AveragePool", Waves({1, 37, 41, 67}));
}

TEST(ThreadsTest, GlobalPools) {
  for (const char* name : {"GlobalAveragePool", "GlobalMaxPool"}) {
    ExpectSameWithThreads([&] { return OpTest(name, 19).Input(Waves({2, 61, 29, 53})); });
  }
}

TEST(ThreadsTest, FloatConvolutions) {
  const auto conv = [](const Tensor& x, const Tensor& w, int group, int64_t stride) {
    ExpectSameWithThreads([&] {
      return OpTest("Conv", 11)
          .Set("group", group)
          .Set("strides", {stride, stride})
          .Set("pads", {1, 1, 0, 1})
          .Input(x)
          .Constant(w);
    });
  };
  conv(Waves({2, 37, 45, 53}), Waves({37, 1, 3, 3}), 37, 1);
  conv(Waves({1, 24, 45, 53}), Waves({24, 1, 5, 3}), 24, 2);
  conv(Waves({2, 18, 45, 53}), Waves({23, 18, 3, 3}), 1, 1);
  conv(Waves({1, 12, 45, 53}), Waves({26, 6, 3, 2}), 2, 2);
  conv(Waves({1, 33, 45, 53}), Waves({70, 33, 1, 1}), 1, 1);
}

TEST(ThreadsTest, FloatProducts) {
  const auto product = [](const Tensor& a, const Tensor& b) {
    ExpectSameWithThreads([&] { return OpTest("MatMul", 13).Input(a).Input(b); });
    ExpectSameWithThreads([&] { return OpTest("MatMul", 13).Input(a).Constant(b); });
  };
  product(Waves({151, 99}), Waves({99, 45}));
  product(Waves({3, 99}), Waves({99, 1003}));
  product(Waves({1, 300}), Waves({300, 1003}));
  product(Waves({3, 4, 61, 32}), Waves({3, 4, 32, 61}));
  product(Waves({3, 1, 61, 32}), Waves({1, 4, 32, 61}));
}

TEST(ThreadsTest, FloatRowsAndElements) {
  for (const char* name : {"Softmax", "LogSoftmax", "Tanh", "Relu"}) {
    ExpectSameWithThreads([&] { return OpTest(name, 13).Input(Waves({253, 301})); });
  }
  ExpectSameWithThreads(
      [] { return OpTest("LayerNormalization", 17).Input(Waves({253, 301})).Input(Waves({301})); });
  for (const Shape& other : {Shape{253, 301}, Shape{301}, Shape{253, 1}, Shape{}}) {
    ExpectSameWithThreads(
        [&] { return OpTest("Mul", 14).Input(Waves({253, 301})).Input(Waves(other)); });
  }
}

TEST(ThreadsTest, PoolsOfNothing) {
  ExpectSameWithThreads(
      [] { return OpTest("MaxPool", 19).Set("kernel_shape", {2, 2}).Input(Waves({1, 0, 4, 4})); });
}

}  // namespace
}  // namespace quantab
