// DepthToSpace, SpaceToDepth (ai.onnx, since 1): blocks of channels become squares of pixels and
// back. In mode DCR (depth, column, row) the block's position is the outer part of the channel, in
// CRD (opset 11) the inner part.
#include "core/kernels/transpose/transpose.h"
#include "core/ops/op.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

constexpr int64_t kLargestBlock = 1 << 16;

// y of shape `shape` is `x`, seen as `dims`, with its dimensions in the order `perm`.
void Permute(OpContext& c, const Tensor& x, const std::vector<size_t>& dims,
             const std::vector<size_t>& perm, Shape shape) {
  const size_t size = MovableSize(c, x);
  Tensor& y = c.Output(0, x.dtype(), std::move(shape));
  if (y.count() == 0) return;
  kernels::Transpose(dims.size(), dims.data(), perm.data(), size, x.raw(), y.mutable_raw());
}

int64_t BlockSize(const OpContext& c, const Tensor& x) {
  if (x.rank() != 4) c.Invalid("input 0 has shape " + ToString(x.shape()) + ", expected rank 4.");
  const int64_t block = c.attributes().Int("blocksize", 0);
  if (block <= 0 || block > kLargestBlock) {
    c.Invalid("attribute 'blocksize' is " + std::to_string(block) + ", expected 1 to " +
              std::to_string(kLargestBlock) + ".");
  }
  return block;
}

void DepthToSpace(OpContext& c) {
  const Tensor& x = c.Input(0);
  const int64_t block = BlockSize(c, x);
  const std::string mode = c.attributes().String("mode", "DCR");
  if (x.dim(1) % (block * block) != 0) {
    c.Invalid("input 0 has " + std::to_string(x.dim(1)) + " channels, which blocks of " +
              std::to_string(block) + " by " + std::to_string(block) + " do not divide.");
  }
  const int64_t channels = x.dim(1) / (block * block);
  const size_t n = Size(x.dim(0)), h = Size(x.dim(2)), w = Size(x.dim(3)), b = Size(block);
  Shape shape{x.dim(0), channels, x.dim(2) * block, x.dim(3) * block};
  if (mode == "DCR") {
    Permute(c, x, {n, b, b, Size(channels), h, w}, {0, 3, 4, 1, 5, 2}, std::move(shape));
  } else if (mode == "CRD") {
    Permute(c, x, {n, Size(channels), b, b, h, w}, {0, 1, 4, 2, 5, 3}, std::move(shape));
  } else {
    c.Invalid("attribute 'mode' is '" + mode + "', expected 'DCR' or 'CRD'.");
  }
}

void SpaceToDepth(OpContext& c) {
  const Tensor& x = c.Input(0);
  const int64_t block = BlockSize(c, x);
  if (x.dim(2) % block != 0 || x.dim(3) % block != 0) {
    c.Invalid("input 0 has shape " + ToString(x.shape()) + ", which blocks of " +
              std::to_string(block) + " by " + std::to_string(block) + " do not divide.");
  }
  const int64_t h = x.dim(2) / block, w = x.dim(3) / block;
  Permute(c, x, {Size(x.dim(0)), Size(x.dim(1)), Size(h), Size(block), Size(w), Size(block)},
          {0, 3, 5, 1, 2, 4}, {x.dim(0), x.dim(1) * block * block, h, w});
}

}  // namespace

QUANTAB_REGISTER(ops, depth_to_space) {
  r.Add({.name = "DepthToSpace", .compute = DepthToSpace});
  r.Add({.name = "SpaceToDepth", .compute = SpaceToDepth});
}

}  // namespace quantab
