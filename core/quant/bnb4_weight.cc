#include "core/quant/bnb4_weight.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "core/base/parallel.h"
#include "core/quant/reals_blob.h"
#include "core/quant/weight.h"
#include "core/tensor/whole_blob.h"

namespace quantab {
namespace {

constexpr size_t kPart = size_t{1} << 18;  // elements converted at once, unless a row has more

struct Boundary {
  float above;   // a magnitude beyond this
  uint8_t code;  // is at least the value of this code
};

// Between the values of FP4, whose codes are not in their order, and those of NF4, as ONNX Runtime
// has them: they decide about ties.
constexpr Boundary kFp4[] = {{0.00260417f, 1}, {0.0859375f, 6}, {0.20833333f, 7}, {0.29166667f, 4},
                             {0.4166667f, 5},  {0.583333f, 2},  {0.8333333f, 3}};
constexpr float kNf4[] = {-0.8480964004993439f,   -0.6106329262256622f,  -0.4599952697753906f,
                          -0.33967943489551544f,  -0.23460740596055984f, -0.13791173323988914f,
                          -0.045525018125772476f, 0.03979014977812767f,  0.1202552504837513f,
                          0.2035212516784668f,    0.2920137718319893f,   0.3893125355243683f,
                          0.5016634166240692f,    0.6427869200706482f,   0.8614784178118011f};

uint8_t Fp4Code(float x) {
  uint8_t code = 0;
  for (const Boundary& boundary : kFp4) {
    if (std::fabs(x) > boundary.above) code = boundary.code;
  }
  return x < 0 ? code | 8 : code;
}

uint8_t Nf4Code(float x) {
  return static_cast<uint8_t>(
      std::count_if(std::begin(kNf4), std::end(kNf4), [&](float value) { return x > value; }));
}

struct Matrix {
  BlobPtr source;
  size_t rows, cols, block;
  DType real;

  size_t count() const { return rows * cols; }

  // Calls visit(row, rows, elements) for some rows at a time.
  void ForEachPart(const std::function<void(size_t, size_t, std::span<const float>)>& visit) const {
    const size_t most = std::clamp<size_t>(kPart / cols, 1, rows);
    std::vector<float> reals(most * cols);
    for (size_t row = 0; row < rows; row += most) {
      const size_t n = std::min(most, rows - row);
      const std::span<float> part = std::span(reals).first(n * cols);
      ReadReals(*source, real, row * cols, part);
      visit(row, n, part);
    }
  }
};

class CodeReader {
 public:
  CodeReader(Matrix matrix, Bnb4Type type, const std::vector<float>& magnitudes)
      : matrix_(std::move(matrix)), code_(type == Bnb4Type::kFp4 ? Fp4Code : Nf4Code) {
    for (const float magnitude : magnitudes) {
      reciprocals_.push_back(magnitude > 0 ? 1.0f / magnitude : 0.0f);
    }
  }

  std::vector<std::byte> Read() const {
    std::vector<std::byte> packed((matrix_.count() + 1) / 2);
    // What is left of the last byte stands for a zero.
    if (matrix_.count() % 2 != 0) packed.back() = std::byte{code_(0)};
    matrix_.ForEachPart([&](size_t row, size_t rows, std::span<const float> part) {
      const auto pack = [&](size_t first, size_t end) {
        for (size_t c = first; c < end; ++c) PackColumn(c, row, rows, part.data(), packed);
      };
      // Columns of an odd length share bytes.
      if (matrix_.rows % 2 == 0) {
        ParallelFor(matrix_.cols, GrainFor(rows * 16), pack);
      } else {
        pack(0, matrix_.cols);
      }
    });
    return packed;
  }

 private:
  void PackColumn(size_t c, size_t row, size_t rows, const float* part,
                  std::vector<std::byte>& packed) const {
    for (size_t r = 0; r < rows; ++r) {
      const size_t at = c * matrix_.rows + row + r;
      const uint8_t code = code_(part[r * matrix_.cols + c] * reciprocals_[at / matrix_.block]);
      packed[at / 2] |= std::byte(at % 2 == 0 ? code << 4 : code);
    }
  }

  Matrix matrix_;
  uint8_t (*code_)(float);
  std::vector<float> reciprocals_;
};

// The greatest magnitude of each block; empty where an element is not finite.
std::vector<float> Magnitudes(const Matrix& matrix) {
  std::vector<float> magnitudes((matrix.count() + matrix.block - 1) / matrix.block);
  bool finite = true;
  matrix.ForEachPart([&](size_t row, size_t rows, std::span<const float> part) {
    for (size_t c = 0; c < matrix.cols; ++c) {
      for (size_t r = 0; r < rows; ++r) {
        const float magnitude = std::fabs(part[r * matrix.cols + c]);
        finite &= std::isfinite(magnitude);
        float& known = magnitudes[(c * matrix.rows + row + r) / matrix.block];
        known = std::max(known, magnitude);
      }
    }
  });
  if (!finite) magnitudes.clear();
  return magnitudes;
}

}  // namespace

std::optional<Bnb4Weight> QuantizeBnb4(BlobPtr source, int64_t rows, int64_t cols,
                                       int64_t block_size, Bnb4Type type, DType real) {
  CheckFitsMemory(static_cast<uint64_t>(rows) * static_cast<uint64_t>(cols));
  const Matrix matrix{std::move(source), static_cast<size_t>(rows), static_cast<size_t>(cols),
                      static_cast<size_t>(block_size), real};
  const std::vector<float> magnitudes = Magnitudes(matrix);
  if (magnitudes.empty()) return std::nullopt;
  const uint64_t size = (matrix.count() + 1) / 2;
  Bnb4Weight weight;
  weight.blocks = static_cast<int64_t>(magnitudes.size());
  weight.magnitudes = RealsBlob(magnitudes, real);
  weight.codes = MakeWholeBlob(
      size, [reader = CodeReader(matrix, type, magnitudes)] { return reader.Read(); });
  return weight;
}

}  // namespace quantab
