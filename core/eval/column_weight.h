// The weights of MatMulNBits and MatMulBnb4, which lie column by column, as a matrix that lies row
// by row.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/graph/graph_view.h"
#include "core/onnx/model.h"

namespace quantab {

struct ColumnWeight {
  std::string type;  // "uint4", "nf4", ...
  BlobPtr codes;     // packed; made when they are read, and held until the last byte is read
  DType code;
  std::span<const float> numbers;  // that the codes stand for, where these are others than they are
  int64_t block_size = 0;          // elements of a column that share parameters
  // Parameters of each `group_size` rows and each column, in WeightGroups' order. Where blocks run
  // on from one column to the next, groups are parts of them.
  int64_t group_size = 0;
  std::vector<float> scales, zeros;
  uint64_t stored_bytes = 0;  // of codes, scales and zero points
};

bool HasColumnWeight(const onnx::NodeProto& node);

// That of `node` for the float matrix [rows, cols]; `view` is of the main graph of `model`. Nothing
// where it is not constant or does not fit, and where rows are assigned to blocks by index.
std::optional<ColumnWeight> FindColumnWeight(const Model& model, const GraphView& view,
                                             const onnx::NodeProto& node, int64_t rows,
                                             int64_t cols);

}  // namespace quantab
