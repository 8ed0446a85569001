#include "core/kernels/elementwise/elementwise.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// The operation in double, from the mathematical definition.
double Want(UnaryOp op, double x, double alpha, double beta) {
  const double softplus = x > 700 ? x : std::log1p(std::exp(x));
  switch (op) {
    case UnaryOp::kAbs:
      return std::fabs(x);
    case UnaryOp::kCeil:
      return std::ceil(x);
    case UnaryOp::kClip:
      return std::isnan(x) ? x : std::min(std::max(x, alpha), beta);
    case UnaryOp::kElu:
      return x < 0 ? alpha * std::expm1(x) : x;
    case UnaryOp::kErf:
      return std::erf(x);
    case UnaryOp::kExp:
      return std::exp(x);
    case UnaryOp::kFloor:
      return std::floor(x);
    case UnaryOp::kGelu:
      return x * 0.5 * std::erfc(-x / std::sqrt(2.0));
    case UnaryOp::kGeluTanh:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x)));
    case UnaryOp::kHardSigmoid:
      return std::isnan(x) ? x : std::max(0.0, std::min(1.0, alpha * x + beta));
    case UnaryOp::kHardSwish:
      return std::isnan(x) ? x : x * std::max(0.0, std::min(1.0, x / 6 + 0.5));
    case UnaryOp::kLeakyRelu:
      return x < 0 ? alpha * x : x;
    case UnaryOp::kLog:
      return std::log(x);
    case UnaryOp::kMish:
      return x * std::tanh(softplus);
    case UnaryOp::kNeg:
      return -x;
    case UnaryOp::kReciprocal:
      return 1 / x;
    case UnaryOp::kRelu:
      return std::isnan(x) ? x : std::max(x, 0.0);
    case UnaryOp::kRound:
      return std::nearbyint(x);
    case UnaryOp::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case UnaryOp::kSign:
      return std::isnan(x) ? x : (x > 0) - (x < 0);
    case UnaryOp::kSilu:
      return x / (1 + std::exp(-alpha * x));
    case UnaryOp::kSoftplus:
      return softplus;
    case UnaryOp::kSqrt:
      return std::sqrt(x);
    case UnaryOp::kTanh:
      return std::tanh(x);
  }
  return x;
}

// Promised accuracy (elementwise.h); an ulp is at most 1 eps of the value. Subnormal results have a
// step of 2^-149.
Tolerance Promised(UnaryOp op) {
  constexpr double kEps = std::numeric_limits<float>::epsilon();
  constexpr double kSubnormalStep = 0x1p-149 / kEps;
  switch (op) {
    case UnaryOp::kErf:
    case UnaryOp::kExp:
    case UnaryOp::kLog:
    case UnaryOp::kTanh:
      return {.relative = 4, .absolute = kSubnormalStep};
    case UnaryOp::kSigmoid:
      return {.relative = 4, .absolute = 0x1p-125 / kEps};
    case UnaryOp::kElu:
    case UnaryOp::kGelu:
    case UnaryOp::kGeluTanh:
    case UnaryOp::kMish:
    case UnaryOp::kSilu:
    case UnaryOp::kSoftplus:
      return {.relative = 1e-6 / kEps, .absolute = 1e-6 / kEps};
    case UnaryOp::kHardSigmoid:
    case UnaryOp::kHardSwish:
      // Three roundings of values up to the argument's size.
      return {.relative = 2, .absolute = 4};
    case UnaryOp::kLeakyRelu:
    case UnaryOp::kReciprocal:
    case UnaryOp::kSqrt:
      return {.relative = 0.5, .absolute = kSubnormalStep};
    default:
      return {};
  }
}

// Parameters that make every branch of the operation reachable.
float Alpha(UnaryOp op) {
  return op == UnaryOp::kClip ? -1.5F : op == UnaryOp::kSilu ? 1.0F : 0.2F;
}
float Beta(UnaryOp op) { return op == UnaryOp::kClip ? 2.5F : 0.5F; }

class ElementwiseTest : public KernelTest {
 protected:
  static void CheckUnary(UnaryOp op, const Buffer<float>& x) {
    Buffer<float> y(x.size(), 2);
    Unary(op, x.size(), x.data(), y.data(), Alpha(op), Beta(op));
    for (size_t i = 0; i < x.size(); ++i) {
      const double want = Want(op, x[i], Alpha(op), Beta(op));
      // Results too large for a float are infinite.
      const double rounded = static_cast<float>(want);
      ASSERT_TRUE(Near(y[i], std::isinf(rounded) ? rounded : want, Promised(op)))
          << "operation " << static_cast<int>(op) << " of " << x[i];
    }
  }
};
QUANTAB_TEST_KERNELS(ElementwiseTest, elementwise_family);

TEST_P(ElementwiseTest, UnaryOfEveryLength) {
  Random random(30);
  for (int op = 0; op < kUnaryOps; ++op) {
    for (size_t n : kLengths) {
      Buffer<float> x(n);
      x.Fill(random, -6, 6);
      CheckUnary(static_cast<UnaryOp>(op), x);
    }
  }
}

// Steps of 2^-9 of the value over all magnitudes, both signs: 150,000 arguments to each operation.
TEST_P(ElementwiseTest, UnaryOverAllMagnitudes) {
  Random random(31);
  constexpr uint32_t kStep = 1U << 14;
  const uint32_t offset = static_cast<uint32_t>(random.Int(0, (1 << 14) - 1));
  std::vector<float> values;
  for (uint32_t bits = offset; bits < 0x7f800000U; bits += kStep) {
    float value = 0;
    std::memcpy(&value, &bits, sizeof(value));
    values.push_back(value);
    values.push_back(-value);
  }
  Buffer<float> x(values.size());
  std::copy(values.begin(), values.end(), x.data());
  for (int op = 0; op < kUnaryOps; ++op) CheckUnary(static_cast<UnaryOp>(op), x);
}

TEST_P(ElementwiseTest, UnaryOfSpecialValues) {
  Buffer<float> x(7);
  const float values[] = {kNan, kInfinity, -kInfinity, 0.0F, -0.0F, 1e-40F, -1e-40F};
  std::copy_n(values, 7, x.data());
  Buffer<float> y(7);
  for (int i = 0; i < kUnaryOps; ++i) {
    const auto op = static_cast<UnaryOp>(i);
    Unary(op, 7, x.data(), y.data(), Alpha(op), Beta(op));
    EXPECT_TRUE(std::isnan(y[0])) << i;
  }
  const auto at = [&](UnaryOp op, float value) {
    float result = 0;
    Unary(op, 1, &value, &result, Alpha(op), Beta(op));
    return result;
  };
  EXPECT_EQ(at(UnaryOp::kExp, kInfinity), kInfinity);
  EXPECT_EQ(at(UnaryOp::kExp, -kInfinity), 0);
  EXPECT_EQ(at(UnaryOp::kTanh, kInfinity), 1);
  EXPECT_EQ(at(UnaryOp::kTanh, -kInfinity), -1);
  EXPECT_EQ(at(UnaryOp::kErf, -kInfinity), -1);
  EXPECT_EQ(at(UnaryOp::kSigmoid, kInfinity), 1);
  EXPECT_EQ(at(UnaryOp::kSigmoid, -kInfinity), 0);
  EXPECT_EQ(at(UnaryOp::kLog, 0), -kInfinity);
  EXPECT_EQ(at(UnaryOp::kLog, kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(at(UnaryOp::kLog, -1)));
  EXPECT_TRUE(std::isnan(at(UnaryOp::kSqrt, -1)));
  EXPECT_EQ(at(UnaryOp::kReciprocal, 0), kInfinity);
  EXPECT_EQ(at(UnaryOp::kRelu, kInfinity), kInfinity);
  EXPECT_EQ(at(UnaryOp::kRound, 2.5F), 2);
  EXPECT_EQ(at(UnaryOp::kRound, -3.5F), -4);
}

TEST_P(ElementwiseTest, UnaryInPlace) {
  Random random(32);
  Buffer<float> x(37);
  x.Fill(random, -6, 6);
  for (int i = 0; i < kUnaryOps; ++i) {
    const auto op = static_cast<UnaryOp>(i);
    Buffer<float> apart(37);
    Buffer<float> within(37);
    std::copy_n(x.data(), 37, within.data());
    Unary(op, 37, x.data(), apart.data(), 0.2F, 0.5F);
    Unary(op, 37, within.data(), within.data(), 0.2F, 0.5F);
    for (size_t j = 0; j < 37; ++j) {
      if (!std::isnan(apart[j])) {
        ASSERT_EQ(apart[j], within[j]) << i;
      }
    }
  }
}

float WantBinary(BinaryOp op, float a, float b) {
  switch (op) {
    case BinaryOp::kAdd:
      return a + b;
    case BinaryOp::kSub:
      return a - b;
    case BinaryOp::kMul:
      return a * b;
    case BinaryOp::kDiv:
      return a / b;
    case BinaryOp::kMax:
      return std::isnan(a) || std::isnan(b) ? kNan : a > b ? a : b;
    case BinaryOp::kMin:
      return std::isnan(a) || std::isnan(b) ? kNan : a < b ? a : b;
    case BinaryOp::kPrelu:
      return a < 0 ? a * b : a;
  }
  return a;
}

TEST_P(ElementwiseTest, BinaryInEveryForm) {
  Random random(33);
  for (int op = 0; op < kBinaryOps; ++op) {
    for (int form = 0; form < 16; ++form) {
      for (size_t columns : kLengths) {
        if (columns > 70) continue;
        const size_t rows = static_cast<size_t>(random.Int(1, 3));
        const size_t a_column = form & 1 ? 1 : 0;
        const size_t b_column = form & 2 ? 1 : 0;
        const size_t a_row = form & 4 ? (a_column != 0 ? columns : 1) : 0;
        const size_t b_row = form & 8 ? (b_column != 0 ? columns + 2 : 1) : 0;
        const auto extent = [&](size_t row, size_t column) {
          return columns == 0 ? 0 : (rows - 1) * row + (columns - 1) * column + 1;
        };
        Buffer<float> a(extent(a_row, a_column));
        Buffer<float> b(extent(b_row, b_column), 3);
        Buffer<float> y(rows * columns);
        a.Fill(random, -4, 4);
        b.Fill(random, -4, 4);
        if (a.size() > 2) a[a.size() / 2] = kNan;
        if (b.size() > 2) b[b.size() / 3] = kInfinity;
        Binary(static_cast<BinaryOp>(op), rows, columns, a.data(), a_row, a_column, b.data(), b_row,
               b_column, y.data());
        for (size_t r = 0; r < rows; ++r) {
          for (size_t c = 0; c < columns; ++c) {
            const float want = WantBinary(static_cast<BinaryOp>(op), a[r * a_row + c * a_column],
                                          b[r * b_row + c * b_column]);
            ASSERT_TRUE(Near(y[r * columns + c], want, {}))
                << "operation " << op << " form " << form << " columns " << columns;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace quantab::kernels
