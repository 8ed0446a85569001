// Operators on bytes that split their loops give the same bits with any number of threads.
#include <array>

#include "tests/core/base/threads_scope.h"
#include "tests/core/lower/lower_test.h"

namespace quantab {
namespace {

// A graph on bytes; values have scale 0.02 and zero point 120, weights scale 0.004 and
// `weight_zero`.
class Graph : public GraphBuilder {
 public:
  explicit Graph(int weight_zero = 0) : GraphBuilder(17) {
    Opset("com.microsoft", 1);
    Output("y");
    Initializer("s", F32({}, {0.02f})).Initializer("z", U8({}, {120}));
    Initializer("ws", F32({}, {0.004f}));
    Initializer("wz", I8({}, {static_cast<int8_t>(weight_zero)}));
  }

  void Bytes(const Shape& shape) { Input("x", DType::kUint8, {shape.begin(), shape.end()}); }
};

// Runs with one thread and with several.
void ExpectSame(Graph& graph, const Tensor& x) {
  const auto run = [&](int threads) {
    const ThreadsScope scope(threads);
    return Session(graph.model()).Run({{"x", x}})["y"];
  };
  const Tensor expected = run(1);
  ASSERT_GT(expected.count(), 0);
  for (const int threads : {2, 3, 5}) EXPECT_TRUE(SameBits(run(threads), expected)) << threads;
}

void ExpectSameConv(Shape x, Shape w, int64_t group, int64_t stride, int weight_zero = 0) {
  SCOPED_TRACE(ToString(w) + " group " + std::to_string(group));
  Graph b(weight_zero);
  b.Bytes(x);
  b.Initializer("w", RandomBytes(DType::kInt8, std::move(w), 1));
  b.Node("QLinearConv", {"x", "s", "z", "w", "ws", "wz", "s", "z"}, {"y"},
         {{"group", group},
          {"strides", std::vector<int64_t>{stride, stride}},
          {"pads", std::vector<int64_t>{1, 0, 0, 1}}},
         "conv");
  ExpectSame(b, RandomBytes(DType::kUint8, std::move(x), 2));
}

TEST(IntegerThreadsTest, Convolutions) {
  ExpectSameConv({2, 18, 45, 53}, {23, 18, 3, 3}, 1, 1);
  ExpectSameConv({1, 18, 45, 53}, {23, 18, 3, 3}, 1, 2, 3);
  ExpectSameConv({1, 16, 45, 53}, {26, 8, 2, 3}, 2, 1);
  ExpectSameConv({1, 33, 61, 53}, {70, 33, 1, 1}, 1, 1);
  ExpectSameConv({1, 200, 5, 5}, {300, 200, 3, 3}, 1, 1);
}

TEST(IntegerThreadsTest, DepthwiseConvolutions) {
  ExpectSameConv({2, 37, 61, 67}, {37, 1, 3, 3}, 37, 1);
  ExpectSameConv({1, 37, 61, 67}, {37, 1, 5, 5}, 37, 2);
  ExpectSameConv({1, 37, 61, 67}, {37, 1, 3, 3}, 37, 1, 100);
}

TEST(IntegerThreadsTest, Products) {
  for (const auto& [m, k, n] :
       {std::array<int64_t, 3>{151, 99, 205}, {3, 300, 1003}, {66, 5000, 40}}) {
    Graph b(5);
    b.Bytes({m, k});
    b.Initializer("w", RandomBytes(DType::kInt8, {k, n}, 1));
    b.Node("QLinearMatMul", {"x", "s", "z", "w", "ws", "wz", "s", "z"}, {"y"}, {}, "product");
    ExpectSame(b, RandomBytes(DType::kUint8, {m, k}, 2));
  }
}

TEST(IntegerThreadsTest, Elements) {
  const Shape shape = {1, 19, 67, 83};
  for (const char* op : {"QLinearAdd", "QLinearMul"}) {
    Graph b;
    b.Bytes(shape);
    b.Initializer("k", RandomBytes(DType::kUint8, shape, 3));
    b.Node(op, {"x", "s", "z", "k", "s", "z", "s", "z"}, {"y"}, {}, "op", "com.microsoft");
    ExpectSame(b, RandomBytes(DType::kUint8, shape, 2));
  }
  Graph pool;
  pool.Bytes(shape);
  pool.Node("NhwcMaxPool", {"x"}, {"y"}, {{"kernel_shape", std::vector<int64_t>{3, 3}}}, "pool",
            "com.microsoft");
  ExpectSame(pool, RandomBytes(DType::kUint8, shape, 2));
  Graph table;
  table.Bytes(shape);
  table.Node("QLinearSigmoid", {"x", "s", "z", "ws", "z"}, {"y"}, {}, "table", "com.microsoft");
  ExpectSame(table, RandomBytes(DType::kUint8, shape, 2));
}

TEST(IntegerThreadsTest, RangesFoundAtRunTime) {
  for (const char* output : {"q", "s_found", "z_found"}) {
    GraphBuilder b(13);
    b.Input("x", DType::kFloat, {103, 1009}).Output(output);
    b.Node("DynamicQuantizeLinear", {"x"}, {"q", "s_found", "z_found"}, {}, "dynamic");
    const Tensor x = Random({103, 1009}, 5, -3, 2);
    const auto run = [&](int threads) {
      const ThreadsScope scope(threads);
      return Session(b.model()).Run({{"x", x}})[output];
    };
    const Tensor expected = run(1);
    for (const int threads : {2, 3, 5}) EXPECT_TRUE(SameBits(run(threads), expected)) << threads;
  }
}

}  // namespace
}  // namespace quantab
