// Einsum. Expected values are worked by hand.
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

OpTest Einsum(const char* equation) {
  OpTest test("Einsum", 12);
  test.Set("equation", equation);
  return test;
}

// [a,b,c,d] of f(a, b, c, d).
template <class F>
Tensor Filled(const Shape& s, F f) {
  Tensor tensor(DType::kFloat, s);
  float* out = tensor.mutable_data<float>();
  for (int64_t a = 0; a < s[0]; ++a) {
    for (int64_t b = 0; b < s[1]; ++b) {
      for (int64_t c = 0; c < s[2]; ++c) {
        for (int64_t d = 0; d < s[3]; ++d) *out++ = static_cast<float>(f(a, b, c, d));
      }
    }
  }
  return tensor;
}

TEST(EinsumTest, TransposesAndSums) {
  const Tensor x = Iota({2, 3});
  ExpectTensor(Einsum("ij->ji").Input(x).RunOne(), F32({3, 2}, {0, 3, 1, 4, 2, 5}));
  ExpectTensor(Einsum("ij->i").Input(x).RunOne(), F32({2}, {3, 12}));
  ExpectTensor(Einsum("ij->").Input(x).RunOne(), F32({}, {15}));
  // Without an output: its labels in alphabetical order.
  ExpectTensor(Einsum("ba").Input(x).RunOne(), F32({3, 2}, {0, 3, 1, 4, 2, 5}));
}

TEST(EinsumTest, Diagonals) {
  const Tensor x = Iota({3, 3});
  ExpectTensor(Einsum("ii->i").Input(x).RunOne(), F32({3}, {0, 4, 8}));
  ExpectTensor(Einsum("ii").Input(x).RunOne(), F32({}, {12}));
  ExpectTensor(Einsum("...ii->...i").Input(Iota({2, 2, 2})).RunOne(), F32({2, 2}, {0, 3, 4, 7}));
}

TEST(EinsumTest, BroadcastsUnderAnEllipsisAndOfSizeOne) {
  ExpectTensor(
      Einsum("...i,...i->...").Input(F32({2, 2}, {1, 2, 3, 4})).Input(F32({2}, {1, 10})).RunOne(),
      F32({2}, {21, 43}));
  ExpectTensor(Einsum("ij,jk->ik").Input(F32({1, 1}, {2})).Input(F32({2, 1}, {3, 4})).RunOne(),
               F32({1, 1}, {14}));
}

// Scores and outputs of attention, whose heads are not where a matrix product wants them.
TEST(EinsumTest, MatrixProductsWithPermutedOperands) {
  const Tensor q =
      Filled({2, 5, 3, 4}, [](auto, auto i, auto h, auto) { return (i + 1) * (h + 1); });
  const Tensor k =
      Filled({2, 6, 3, 4}, [](auto b, auto j, auto, auto) { return (j + 1) * (b + 1); });
  ExpectTensor(Einsum("bqhd,bkhd->bhqk").Input(q).Input(k).RunOne(),
               Filled({2, 3, 5, 6}, [](auto b, auto h, auto i, auto j) {
                 return 4 * (i + 1) * (h + 1) * (j + 1) * (b + 1);
               }));
  // Rows and columns the other way round, and apart.
  ExpectTensor(Einsum("bqhd,bkhd->kbhq").Input(q).Input(k).RunOne(),
               Filled({6, 2, 3, 5}, [](auto j, auto b, auto h, auto i) {
                 return 4 * (i + 1) * (h + 1) * (j + 1) * (b + 1);
               }));
}

TEST(EinsumTest, ManyOperandsOneAfterTheOther) {
  const Tensor one = F32({3, 3}, {1, 0, 0, 0, 1, 0, 0, 0, 1});
  const Tensor x = Iota({3, 3});
  ExpectTensor(Einsum("ij,jk,kl->li").Input(one).Input(x).Input(one).RunOne(),
               F32({3, 3}, {0, 3, 6, 1, 4, 7, 2, 5, 8}));
  ExpectTensor(
      Einsum("i,i,i->").Input(Iota({3}, 1)).Input(Iota({3}, 1)).Input(Iota({3}, 1)).RunOne(),
      F32({}, {36}));
}

TEST(EinsumTest, IntegersWrap) {
  ExpectTensor(Einsum("i,i->").Input(U8({2}, {200, 1})).Input(U8({2}, {2, 3})).RunOne(),
               U8({}, {147}));
}

TEST(EinsumTest, EmptyOperands) {
  ExpectTensor(Einsum("ij,jk->ik").Input(F32({2, 0}, {})).Input(F32({0, 2}, {})).RunOne(),
               F32({2, 2}, {0, 0, 0, 0}));
  ExpectTensor(Einsum("ij->ji").Input(F32({0, 2}, {})).RunOne(), F32({2, 0}, {}));
}

TEST(EinsumTest, ReportsWhatIsNoEquation) {
  const Tensor x = Iota({2, 3});
  const auto expect = [&](const char* equation) {
    ExpectError(ErrorCode::kInvalidModel, "attribute 'equation'",
                [&] { Einsum(equation).Input(x).RunOne(); });
  };
  for (const char* equation : {"", "i", "ijk", "i..j", "......", "i1", "ij,jk", "ij->ik", "ij->ii",
                               "ii", "i...->i", "ij->i->j", "ij-"}) {
    expect(equation);
  }
  ExpectError(ErrorCode::kInvalidModel, "one label dimensions of sizes '3' and '2'",
              [&] { Einsum("ij,jk").Input(x).Input(x).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "expected one type",
              [&] { Einsum("ij,ij").Input(x).Input(I32({2, 3}, {0, 0, 0, 0, 0, 0})).RunOne(); });
}

}  // namespace
}  // namespace quantab
