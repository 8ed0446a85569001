#include "core/kernels/reduce/reduce.h"

#include <cmath>

#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Expected {
  double value;
  double magnitude;  // sum of absolute values, which bounds the rounding error
};

template <typename At>
Expected Want(ReduceOp op, size_t n, At at) {
  double sum = op == ReduceOp::kMax ? -INFINITY : op == ReduceOp::kMin ? INFINITY : 0;
  double magnitude = 0;
  for (size_t i = 0; i < n; ++i) {
    const double x = at(i);
    switch (op) {
      case ReduceOp::kSum:
      case ReduceOp::kMean:
        sum += x;
        magnitude += std::fabs(x);
        break;
      case ReduceOp::kMax:
        if (std::isnan(x) || x > sum) sum = x;
        break;
      case ReduceOp::kMin:
        if (std::isnan(x) || x < sum) sum = x;
        break;
      case ReduceOp::kSumSquare:
        sum += x * x;
        magnitude += x * x;
        break;
      case ReduceOp::kL1:
        sum += std::fabs(x);
        magnitude += std::fabs(x);
        break;
    }
  }
  const double count = static_cast<double>(n);
  return op == ReduceOp::kMean ? Expected{sum / count, magnitude / count}
                               : Expected{sum, magnitude};
}

class ReduceTest : public KernelTest {};
QUANTAB_TEST_KERNELS(ReduceTest, reduce_family);

TEST_P(ReduceTest, AlongRowsAndColumns) {
  Random random(60);
  for (int i = 0; i < kReduceOps; ++i) {
    const auto op = static_cast<ReduceOp>(i);
    const bool extreme = op == ReduceOp::kMax || op == ReduceOp::kMin;
    for (size_t columns : kLengths) {
      const auto rows = static_cast<size_t>(random.Int(1, 5));
      Buffer<float> x(rows * columns);
      x.Fill(random, -2, 2);
      if (extreme && x.size() > 3 && random.Bool()) x[x.size() / 2] = kNan;
      Buffer<float> by_row(rows);
      Buffer<float> by_column(columns);
      ReduceRows(op, rows, columns, x.data(), by_row.data());
      ReduceColumns(op, rows, columns, x.data(), by_column.data());
      for (size_t r = 0; r < rows; ++r) {
        const Expected want = Want(op, columns, [&](size_t c) { return x[r * columns + c]; });
        const double error = static_cast<double>(columns) * want.magnitude;
        ASSERT_TRUE(Near(by_row[r], want.value, {.absolute = extreme ? 0 : error}))
            << i << " columns " << columns;
      }
      for (size_t c = 0; c < columns; ++c) {
        const Expected want = Want(op, rows, [&](size_t r) { return x[r * columns + c]; });
        const double error = static_cast<double>(rows) * want.magnitude;
        ASSERT_TRUE(Near(by_column[c], want.value, {.absolute = extreme ? 0 : error}))
            << i << " columns " << columns;
      }
    }
  }
}

TEST_P(ReduceTest, NothingGivesTheNeutralElement) {
  float y = 9;
  ReduceRows(ReduceOp::kSum, 1, 0, nullptr, &y);
  EXPECT_EQ(y, 0);
  ReduceRows(ReduceOp::kMean, 1, 0, nullptr, &y);
  EXPECT_TRUE(std::isnan(y));
  ReduceRows(ReduceOp::kMax, 1, 0, nullptr, &y);
  EXPECT_EQ(y, -INFINITY);
  ReduceColumns(ReduceOp::kMin, 0, 1, nullptr, &y);
  EXPECT_EQ(y, INFINITY);
}

}  // namespace
}  // namespace quantab::kernels
