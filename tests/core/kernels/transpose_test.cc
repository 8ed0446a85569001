#include "core/kernels/transpose/transpose.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

class TransposeTest : public KernelTest {
 protected:
  static void Check(const std::vector<size_t>& dims, const std::vector<size_t>& perm,
                    size_t element, Random& random) {
    const size_t rank = dims.size();
    size_t total = 1;
    for (size_t d : dims) total *= d;
    Buffer<uint8_t> x(total * element);
    Buffer<uint8_t> y(total * element, 3);
    x.Fill(random, 0, 255);
    Transpose(rank, dims.data(), perm.data(), element, x.data(), y.data());
    std::vector<size_t> index(rank);
    for (size_t at = 0; at < total; ++at) {
      // `at` in the output, its index, and where that lies in the input.
      size_t rest = at;
      for (size_t d = rank; d-- > 0;) {
        index[perm[d]] = rest % dims[perm[d]];
        rest /= dims[perm[d]];
      }
      size_t from = 0;
      for (size_t d = 0; d < rank; ++d) from = from * dims[d] + index[d];
      ASSERT_EQ(std::memcmp(y.data() + at * element, x.data() + from * element, element), 0)
          << testing::PrintToString(dims) << " by " << testing::PrintToString(perm) << " element "
          << element << " at " << at;
    }
  }
};
QUANTAB_TEST_KERNELS(TransposeTest, transpose_family);

TEST_P(TransposeTest, EveryPermutationOfSmallRanks) {
  Random random(70);
  for (size_t element : {1, 2, 4, 8, 16}) {
    for (size_t rank = 0; rank <= 4; ++rank) {
      std::vector<size_t> perm(rank);
      std::iota(perm.begin(), perm.end(), size_t{0});
      do {
        std::vector<size_t> dims(rank);
        for (size_t& d : dims) d = static_cast<size_t>(random.Int(1, 11));
        Check(dims, perm, element, random);
      } while (std::next_permutation(perm.begin(), perm.end()));
    }
  }
  // A tensor without elements; the kernel has nothing to do.
  const size_t dims[2] = {0, 3};
  const size_t perm[2] = {1, 0};
  Transpose(2, dims, perm, 4, nullptr, nullptr);
  Check({2, 1, 3, 1, 2, 3, 2}, {6, 3, 5, 0, 2, 1, 4}, 4, random);
}

TEST_P(TransposeTest, MatricesOfEverySize) {
  Random random(71);
  constexpr size_t kSizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 65, 130};
  for (size_t element : {1, 2, 4, 8, 16}) {
    for (size_t rows : kSizes) {
      for (size_t columns : kSizes) Check({rows, columns}, {1, 0}, element, random);
    }
  }
}

TEST_P(TransposeTest, LeavesWhatLiesBetweenRows) {
  Random random(72);
  for (size_t element : {1, 4, 8}) {
    constexpr size_t kRows = 19;
    constexpr size_t kColumns = 21;
    constexpr size_t kFromRow = kColumns + 2;
    constexpr size_t kToRow = kRows + 3;
    Buffer<uint8_t> x(((kRows - 1) * kFromRow + kColumns) * element);
    Buffer<uint8_t> y(((kColumns - 1) * kToRow + kRows) * element);
    x.Fill(random, 0, 200);
    std::fill_n(y.data(), y.size(), uint8_t{255});
    Transpose2D(kRows, kColumns, element, x.data(), kFromRow, y.data(), kToRow);
    for (size_t i = 0; i < y.size(); ++i) {
      const size_t column = i / element / kToRow;
      const size_t row = i / element % kToRow;
      const int want = row < kRows ? x[(row * kFromRow + column) * element + i % element] : 255;
      ASSERT_EQ(y[i], want) << i;
    }
  }
}

}  // namespace
}  // namespace quantab::kernels
