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

TEST(ThreadsTest, PoolsOfNothing) {
  ExpectSameWithThreads(
      [] { return OpTest("MaxPool", 19).Set("kernel_shape", {2, 2}).Input(Waves({1, 0, 4, 4})); });
}

}  // namespace
}  // namespace quantab
