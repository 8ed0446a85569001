// ColumnCodes: the codes of MatMulNBits.
#include <utility>

#include "core/base/parallel.h"
#include "core/quant/block_codes.h"
#include "core/quant/block_encoder.h"
#include "core/quant/weight.h"
#include "core/tensor/whole_blob.h"

namespace quantab {
namespace {

constexpr int64_t kPart = int64_t{1} << 18;  // elements converted at once, unless 16 rows have more
constexpr int64_t kFewestRows = 16;          // of a part; blocks have no fewer

class ColumnPacker {
 public:
  ColumnPacker(const Blob& source, const BlockParams& params)
      : source_(source),
        params_(params),
        encoder_(params),
        cols_(static_cast<size_t>(params.cols)),
        bits_(static_cast<size_t>(params.rules.bits)),
        pack_(8 / bits_) {
    const size_t block = static_cast<size_t>(params.rules.block_size);
    column_ = static_cast<size_t>(params.blocks()) * (block / pack_);
    packed_.resize(cols_ * column_);
  }

  std::vector<std::byte> Pack() {
    // A power of two, as the size of a block is: a part has rows of one block.
    int64_t most = kFewestRows;
    while (most < params_.rules.block_size && most * 2 * params_.cols <= kPart) most *= 2;
    std::vector<float> reals(static_cast<size_t>(std::min(most, params_.rows)) * cols_);
    codes_.resize(reals.size());
    for (int64_t row = 0; row < params_.rows; row += most) {
      const size_t rows = static_cast<size_t>(std::min(most, params_.rows - row));
      const std::span<float> part = std::span(reals).first(rows * cols_);
      ReadReals(source_, params_.rules.real, static_cast<uint64_t>(row * params_.cols), part);
      const size_t block = static_cast<size_t>(row / params_.rules.block_size) * cols_;
      ParallelFor(cols_, GrainFor(rows * 6), [&](size_t first, size_t end) {
        for (size_t r = 0; r < rows; ++r) {
          EncodeElements(encoder_, end - first, part.data() + r * cols_ + first, block + first,
                         true, codes_.data() + r * cols_ + first);
        }
        for (size_t c = first; c < end; ++c) PackColumn(c, static_cast<size_t>(row), rows);
      });
    }
    if (params_.rows % static_cast<int64_t>(pack_) != 0) FillLastBytes();
    return std::move(packed_);
  }

 private:
  // The codes of `rows` rows from `row` on.
  void PackColumn(size_t c, size_t row, size_t rows) {
    std::byte* out = packed_.data() + c * column_ + row / pack_;
    const uint8_t* codes = codes_.data() + c;
    for (size_t r = 0; r < rows; ++r) {
      out[r / pack_] |= std::byte(codes[r * cols_] << (r % pack_ * bits_));
    }
  }

  // A byte that the last row does not fill: ONNX Runtime leaves in its high bits what the byte
  // before has there, unless a group of as many blocks as a byte has codes begins here.
  void FillLastBytes() {
    const size_t rows = static_cast<size_t>(params_.rows);
    const size_t first = rows - rows % pack_;
    if (first % (pack_ * static_cast<size_t>(params_.rules.block_size)) == 0) return;
    const auto high = std::byte(0xFF << (rows % pack_ * bits_) & 0xFF);
    for (size_t c = 0; c < cols_; ++c) {
      std::byte* last = packed_.data() + c * column_ + first / pack_;
      *last |= last[-1] & high;
    }
  }

  const Blob& source_;
  const BlockParams& params_;
  const MatMulNBitsEncoder encoder_;
  const size_t cols_, bits_, pack_;  // pack_: codes to a byte
  size_t column_ = 0;                // bytes of a column
  std::vector<uint8_t> codes_;       // of a part
  std::vector<std::byte> packed_;
};

}  // namespace

BlobPtr ColumnCodes(BlobPtr source, BlockParamsPtr params) {
  const uint64_t size = static_cast<uint64_t>(params->cols * params->blocks()) *
                        static_cast<uint64_t>(params->rules.block_size * params->rules.bits / 8);
  return MakeWholeBlob(size, [source = std::move(source), params = std::move(params)] {
    return ColumnPacker(*source, *params).Pack();
  });
}

}  // namespace quantab
