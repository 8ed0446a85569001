// Images between 8-bit convolutions keep their channels last, and the results keep every bit.
#include "core/lower/lower.h"
#include "tests/core/lower/lower_test.h"

namespace quantab {
namespace {

// Graphs on bytes, as the QOperator format has them; every value has scale 0.02 and zero point 120.
class BytesBuilder : public GraphBuilder {
 public:
  BytesBuilder() : GraphBuilder(17) {
    Opset("com.microsoft", 1);
    Initializer("s", F32({}, {0.02f}));
    Initializer("z", U8({}, {120}));
    Initializer("ws", F32({}, {0.004f}));
    Initializer("wz", I8({}, {0}));
  }

  void Conv(const std::string& x, const std::string& y, Shape weights, int64_t group = 1,
            int64_t stride = 1) {
    const int64_t pad = weights[2] / 2;
    std::vector<int64_t> pads(2 * (weights.size() - 2), pad);
    std::vector<int64_t> strides(weights.size() - 2, stride);
    Initializer(y + "_w", RandomBytes(DType::kInt8, std::move(weights), seed_++));
    Node("QLinearConv", {x, "s", "z", y + "_w", "ws", "wz", "s", "z"}, {y},
         {{"pads", pads}, {"strides", strides}, {"group", group}}, y);
  }
  void Binary(const std::string& op, const std::string& a, const std::string& b,
              const std::string& y) {
    Node(op, {a, "s", "z", b, "s", "z", "s", "z"}, {y}, {}, y, "com.microsoft");
  }

 private:
  uint32_t seed_ = 1;
};

// The lowered graph gives the same bytes as the file's.
void ExpectSameBytes(const Model& model, Shape shape) {
  const TensorMap inputs = {{"x", RandomBytes(DType::kUint8, std::move(shape), 99)}};
  EXPECT_EQ(StepsApart(model, inputs, 1), 0);
}

size_t Count(const Ops& ops, const std::string& op) {
  return static_cast<size_t>(std::count(ops.begin(), ops.end(), op));
}

TEST(ChannelsLast, TurnsAtTheBordersOfAChainOnly) {
  BytesBuilder b;
  b.Input("x", DType::kUint8, {2, 3, 9, 8}).Output("y");
  b.Conv("x", "a", {16, 3, 3, 3}, 1, 2);
  b.Conv("a", "d", {16, 1, 3, 3}, 16);
  b.Conv("d", "p", {16, 16, 1, 1});
  b.Binary("QLinearAdd", "a", "p", "r");
  b.Node("MaxPool", {"r"}, {"m"},
         {{"kernel_shape", std::vector<int64_t>{3, 3}}, {"pads", std::vector<int64_t>{1, 1, 1, 1}}},
         "m");
  b.Node("QLinearGlobalAveragePool", {"m", "s", "z", "s", "z"}, {"y"}, {}, "y", "com.microsoft");
  const Ops ops = LoweredOps(b.model());
  EXPECT_EQ(Count(ops, "Transpose"), 2U);
  EXPECT_EQ(Count(ops, "NhwcMaxPool"), 1U);
  ExpectSameBytes(b.model(), {2, 3, 9, 8});
}

TEST(ChannelsLast, JoinsAlongTheSameDimensions) {
  for (const int64_t axis : {0, 1, 2, 3, -1, -3}) {
    SCOPED_TRACE(axis);
    BytesBuilder b;
    b.Input("x", DType::kUint8, {1, 4, 5, 6}).Output("y");
    b.Conv("x", "a", {9, 4, 3, 3});
    b.Conv("x", "c", {9, 4, 1, 1});
    b.Node("QLinearConcat", {"s", "z", "a", "s", "z", "c", "s", "z"}, {"y"}, {{"axis", axis}}, "y",
           "com.microsoft");
    EXPECT_EQ(Count(LoweredOps(b.model()), "Transpose"), 2U);
    ExpectSameBytes(b.model(), {1, 4, 5, 6});
  }
}

TEST(ChannelsLast, TurnsConstantsWithOneValueForEachChannel) {
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{9, 1, 1}, Shape{1, 9, 1, 1}}) {
    SCOPED_TRACE(ToString(shape));
    BytesBuilder b;
    b.Input("x", DType::kUint8, {1, 4, 5, 6}).Output("y");
    b.Initializer("k", RandomBytes(DType::kUint8, shape, 7));
    b.Conv("x", "a", {9, 4, 3, 3});
    b.Binary("QLinearMul", "k", "a", "t");
    b.Conv("t", "y", {5, 9, 1, 1});
    EXPECT_EQ(Count(LoweredOps(b.model()), "Transpose"), 2U);
    ExpectSameBytes(b.model(), {1, 4, 5, 6});
  }
}

// Whatever is not laid out by channels reads the value as the file has it.
TEST(ChannelsLast, GivesOthersTheFilesLayout) {
  for (const Shape& shape : {Shape{6}, Shape{5, 6}, Shape{9, 5, 6}, Shape{1, 9, 5, 6}}) {
    SCOPED_TRACE(ToString(shape));
    BytesBuilder b;
    b.Input("x", DType::kUint8, {1, 4, 5, 6}).Output("y").Output("a");
    b.Initializer("k", RandomBytes(DType::kUint8, shape, 7));
    b.Conv("x", "a", {9, 4, 3, 3});
    b.Binary("QLinearMul", "a", "k", "t");
    b.Conv("t", "y", {5, 9, 1, 1});
    ExpectSameBytes(b.model(), {1, 4, 5, 6});
  }
  BytesBuilder b;
  b.Input("x", DType::kUint8, {1, 4, 5, 6}).Output("y").Output("i");
  b.Conv("x", "a", {9, 4, 3, 3});
  b.Node("MaxPool", {"a"}, {"y", "i"}, {{"kernel_shape", std::vector<int64_t>{2, 2}}}, "pool");
  EXPECT_EQ(Count(LoweredOps(b.model()), "MaxPool"), 1U);
  ExpectSameBytes(b.model(), {1, 4, 5, 6});
}

TEST(ChannelsLast, ATransposeOfTheFilesToChannelsLastIsDone) {
  BytesBuilder b;
  b.Input("x", DType::kUint8, {1, 4, 5, 6}).Output("y").Output("u");
  b.Conv("x", "a", {9, 4, 3, 3});
  b.Node("Transpose", {"a"}, {"t"}, {{"perm", std::vector<int64_t>{0, 2, 3, 1}}}, "t");
  b.Node("Flatten", {"t"}, {"y"}, {}, "y");
  b.Node("Transpose", {"a"}, {"u"}, {{"perm", std::vector<int64_t>{0, 3, 2, 1}}}, "u");
  const Ops ops = LoweredOps(b.model());
  EXPECT_EQ(Count(ops, "Transpose"), 3U);  // of x, back for the other Transpose, and that
  ExpectSameBytes(b.model(), {1, 4, 5, 6});
}

TEST(ChannelsLast, OneAndThreeDimensions) {
  BytesBuilder line;
  line.Input("x", DType::kUint8, {2, 4, 11}).Output("y");
  line.Conv("x", "a", {8, 4, 3});
  line.Conv("a", "y", {8, 1, 5}, 8, 2);
  EXPECT_EQ(Count(LoweredOps(line.model()), "Transpose"), 2U);
  ExpectSameBytes(line.model(), {2, 4, 11});
  BytesBuilder volume;
  volume.Input("x", DType::kUint8, {1, 4, 5, 6, 3}).Output("y");
  volume.Conv("x", "a", {8, 4, 3, 3, 3});
  volume.Conv("a", "y", {8, 1, 3, 3, 3}, 8);
  ExpectSameBytes(volume.model(), {1, 4, 5, 6, 3});
}

// Dynamically quantized convolutions, with float arithmetic between them.
TEST(ChannelsLast, FollowsDynamicQuantization) {
  for (const bool pooled : {false, true}) {
    GraphBuilder b(13);
    b.Opset("com.microsoft", 1);
    b.Input("x", DType::kFloat, {1, 4, 6, 5}).Output("y").Output("p");
    b.Initializer("ws", F32({}, {0.02f})).Initializer("wz", U8({}, {131}));
    b.Initializer("k", Random({18, 1, 1}, 5)).Initializer("low", F32({}, {-0.3f}));
    b.Input("fed", DType::kFloat, {9}).Initializer("by_channel", I64({4}, {1, -1, 1, 1}));
    const auto conv = [&b](const std::string& x, const std::string& y, Shape weights, int64_t group,
                           uint32_t seed) {
      const int64_t pad = weights[2] / 2;
      b.Initializer(y + "_w", RandomBytes(DType::kUint8, std::move(weights), seed));
      b.Node("DynamicQuantizeLinear", {x}, {y + "_q", y + "_s", y + "_z"}, {}, y + "_Q");
      b.Node("Mul", {y + "_s", "ws"}, {y + "_t"}, {}, y + "_scales");
      b.Node("ConvInteger", {y + "_q", y + "_w", y + "_z", "wz"}, {y + "_i"},
             {{"pads", std::vector<int64_t>(4, pad)}, {"group", group}}, y + "_conv");
      b.Node("Cast", {y + "_i"}, {y + "_f"}, {{"to", 1}}, y + "_cast");
      b.Node("Mul", {y + "_f", y + "_t"}, {y}, {}, y + "_mul");
    };
    conv("x", "a", {9, 4, 3, 3}, 1, 1);
    b.Node("Relu", {"a"}, {"r"}, {}, "relu");
    conv("r", "d", {9, 1, 3, 3}, 9, 2);
    b.Node("Add", {"d", "r"}, {"dr"}, {}, "add");
    b.Node("Reshape", {"fed", "by_channel"}, {"vector"}, {}, "reshape");
    b.Node("Mul", {"vector", "dr"}, {"by"}, {}, "by");
    for (const char* name : {"scale", "offset", "mean", "variance"}) {
      b.Input(name, DType::kFloat, {9});
    }
    b.Node("BatchNormalization", {"by", "scale", "offset", "mean", "variance"}, {"sum"}, {},
           "norm");
    b.Node("Concat", {"sum", "d"}, {"s"}, {{"axis", 1}}, "concat");
    b.Node("Mul", {"s", "k"}, {"m"}, {}, "mul");
    b.Node("Clip", {"m", "low"}, {"c"}, {}, "clip");
    conv("c", "y", {3, 18, 1, 1}, 1, 3);
    if (!pooled) {
      b.Node("Sub", {"k", "s"}, {"p"}, {}, "sub");
    } else {
      b.Node("MaxPool", {"r"}, {"p"}, {{"kernel_shape", std::vector<int64_t>{2, 2}}}, "pool");
    }
    const Ops ops = LoweredOps(b.model());
    EXPECT_EQ(Count(ops, "ConvIntegerToFloat"), 3U);
    EXPECT_EQ(Count(ops, "Transpose"), 3U);  // of x, y and what p is made of, or is
    EXPECT_EQ(Count(ops, "NhwcMaxPool"), pooled ? 1U : 0U);
    EXPECT_EQ(Count(ops, "NhwcBatchNormalization"), 1U);
    TensorMap inputs = {{"x", Random({1, 4, 6, 5}, 6)}, {"fed", Random({9}, 7)}};
    for (const char* name : {"scale", "offset", "mean", "variance"}) {
      inputs[name] = Random({9}, 8, 0.5f, 2);
    }
    EXPECT_EQ(StepsApart(b.model(), inputs, 1), 0);
  }
}

}  // namespace
}  // namespace quantab
