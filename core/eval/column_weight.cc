#include "core/eval/column_weight.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/eval/stored_numbers.h"
#include "core/graph/graph_edit.h"
#include "core/tensor/bnb4.h"
#include "core/tensor/packed.h"
#include "core/tensor/whole_blob.h"

namespace quantab {
namespace {

constexpr int64_t kMostBlock = 1 << 20;

// How the codes of a matrix lie in a stored tensor.
struct Columns {
  int64_t rows, cols;
  int64_t stride;  // codes from one column to the next
  int bits;
  bool high_first;  // the first code of a byte is in its high bits

  uint64_t bytes() const { return Bytes(stride * cols); }
  uint64_t Bytes(int64_t count) const {
    return (static_cast<uint64_t>(count) * static_cast<uint64_t>(bits) + 7) / 8;
  }
};

std::vector<std::byte> ByRow(const Blob& stored, const Columns& from) {
  std::vector<std::byte> bytes = LoadBlob(stored);
  auto* packed = reinterpret_cast<uint8_t*>(bytes.data());
  if (from.high_first) {
    for (size_t i = 0; i < bytes.size(); ++i) {
      packed[i] = static_cast<uint8_t>(packed[i] << 4 | packed[i] >> 4);
    }
  }
  std::vector<std::byte> made(from.Bytes(from.rows * from.cols));
  auto* out = reinterpret_cast<uint8_t*>(made.data());
  size_t at = 0;
  for (int64_t r = 0; r < from.rows; ++r) {
    for (int64_t c = 0; c < from.cols; ++c, ++at) {
      const auto index = static_cast<size_t>(c * from.stride + r);
      SetPackedElement(out, from.bits, at, PackedElement(packed, from.bits, index));
    }
  }
  return made;
}

// Nothing where the tensor has not as many codes.
BlobPtr CodesByRow(const Model& model, const onnx::TensorProto& stored, const Columns& from) {
  BlobPtr bytes = BytesOf(model, stored);
  if (TypeOf(stored) != DType::kUint8 || bytes->size() != from.bytes()) return nullptr;
  CheckFitsMemory(static_cast<uint64_t>(from.stride) * static_cast<uint64_t>(from.cols));
  return MakeWholeBlob(from.Bytes(from.rows * from.cols),
                       [bytes, from] { return ByRow(*bytes, from); });
}

// By row of the matrix of groups, of what is stored for blocks of the columns one after another;
// `rows` are the elements of a column that are counted in blocks.
std::vector<float> GroupsByRow(const std::vector<float>& of_blocks, int64_t rows, int64_t cols,
                               int64_t block_size, int64_t group_size) {
  std::vector<float> made;
  for (int64_t r = 0; r < rows; r += group_size) {
    for (int64_t c = 0; c < cols; ++c) {
      made.push_back(of_blocks[static_cast<size_t>((c * rows + r) / block_size)]);
    }
  }
  return made;
}

DType CodeOf(int64_t bits) {
  return bits == 2 ? DType::kUint2 : bits == 4 ? DType::kUint4 : DType::kUint8;
}

class Reader {
 public:
  Reader(const Model& model, const GraphView& view, const onnx::NodeProto& node, int64_t rows,
         int64_t cols)
      : model_(model), node_(node), rows_(rows), cols_(cols) {
    for (const std::string& input : node.input()) {
      inputs_.push_back(input.empty() ? nullptr : view.Initializer(input));
    }
    inputs_.resize(std::max<size_t>(inputs_.size(), 5));
  }

  std::optional<ColumnWeight> NBits() const {
    const int64_t bits = IntAttribute(node_, "bits", 4),
                  block = IntAttribute(node_, "block_size", 0);
    if ((bits != 2 && bits != 4 && bits != 8) || !Fits(block) || HasInput(4)) return std::nullopt;
    const int64_t blocks = rows_ / block + (rows_ % block != 0 ? 1 : 0);
    const Columns from{.rows = rows_,
                       .cols = cols_,
                       .stride = blocks * block,
                       .bits = static_cast<int>(bits),
                       .high_first = false};
    ColumnWeight weight{.type = std::string(NameOf(CodeOf(bits))),
                        .codes = CodesByRow(model_, *inputs_[1], from),
                        .code = CodeOf(bits),
                        .numbers = {},
                        .block_size = block,
                        .group_size = block,
                        .scales = NumbersOf(model_, *inputs_[2]),
                        .zeros = {},
                        .stored_bytes = StoredBytes()};
    const auto count = static_cast<size_t>(blocks * cols_);
    std::vector<float> zeros(count, static_cast<float>(1 << (bits - 1)));
    if (HasInput(3)) zeros = ZeroPoints(static_cast<size_t>(blocks), from.bits);
    if (!weight.codes || weight.scales.size() != count || zeros.size() != count) {
      return std::nullopt;
    }
    weight.scales = GroupsByRow(weight.scales, from.stride, cols_, block, block);
    weight.zeros = GroupsByRow(zeros, from.stride, cols_, block, block);
    return weight;
  }

  std::optional<ColumnWeight> Bnb4() const {
    const int64_t block = IntAttribute(node_, "block_size", 0);
    const int64_t type = IntAttribute(node_, "quant_type", -1);
    if ((type != 0 && type != 1) || !Fits(block) || IntAttribute(node_, "transB", 1) == 0) {
      return std::nullopt;
    }
    const auto bnb4 = static_cast<Bnb4Type>(type);
    const Columns from{
        .rows = rows_, .cols = cols_, .stride = rows_, .bits = 4, .high_first = true};
    ColumnWeight weight{.type = bnb4 == Bnb4Type::kFp4 ? "fp4" : "nf4",
                        .codes = CodesByRow(model_, *inputs_[1], from),
                        .code = DType::kUint4,
                        .numbers = NumbersOf(bnb4),
                        .block_size = block,
                        .group_size = std::gcd(rows_, block),
                        .scales = NumbersOf(model_, *inputs_[2]),
                        .zeros = {},
                        .stored_bytes = StoredBytes()};
    const auto count = static_cast<size_t>((rows_ * cols_ + block - 1) / block);
    if (!weight.codes || weight.scales.size() != count) return std::nullopt;
    weight.scales = GroupsByRow(weight.scales, rows_, cols_, block, weight.group_size);
    weight.zeros.resize(weight.scales.size());
    return weight;
  }

 private:
  bool HasInput(int i) const { return i < node_.input_size() && !node_.input(i).empty(); }

  // Whether the attributes are those of the matrix, and what has to be constant is.
  bool Fits(int64_t block) const {
    return block > 0 && block <= kMostBlock && IntAttribute(node_, "K", 0) == rows_ &&
           IntAttribute(node_, "N", 0) == cols_ && inputs_[1] != nullptr && inputs_[2] != nullptr &&
           (!HasInput(3) || inputs_[3] != nullptr);
  }

  // As numbers, or packed by column. As many as there are, for the caller to compare.
  std::vector<float> ZeroPoints(size_t blocks, int bits) const {
    const onnx::TensorProto& stored = *inputs_[3];
    if (TypeOf(stored) != DType::kUint8) return NumbersOf(model_, stored);
    const std::vector<std::byte> bytes = LoadBlob(*BytesOf(model_, stored));
    const size_t column = (blocks * static_cast<size_t>(bits) + 7) / 8;
    std::vector<float> zeros;
    for (size_t at = 0; at + column <= bytes.size(); at += column) {
      const auto* packed = reinterpret_cast<const uint8_t*>(bytes.data()) + at;
      for (size_t i = 0; i < blocks; ++i) zeros.push_back(PackedElement(packed, bits, i));
    }
    return zeros;
  }

  uint64_t StoredBytes() const {
    uint64_t bytes = 0;
    for (size_t i = 1; i <= 3; ++i) {
      if (inputs_[i] != nullptr) bytes += BytesOf(model_, *inputs_[i])->size();
    }
    return bytes;
  }

  const Model& model_;
  const onnx::NodeProto& node_;
  const int64_t rows_, cols_;
  std::vector<const onnx::TensorProto*> inputs_;  // those that are constant
};

}  // namespace

bool HasColumnWeight(const onnx::NodeProto& node) {
  return node.op_type() == "MatMulNBits" || node.op_type() == "MatMulBnb4";
}

std::optional<ColumnWeight> FindColumnWeight(const Model& model, const GraphView& view,
                                             const onnx::NodeProto& node, int64_t rows,
                                             int64_t cols) {
  const Reader reader(model, view, node, rows, cols);
  return node.op_type() == "MatMulNBits" ? reader.NBits() : reader.Bnb4();
}

}  // namespace quantab
