// Col2Im (ai.onnx, since 18): the image whose blocks are the columns of the input; where blocks
// overlap their elements are added up.
//   x [N, C * block elements, blocks] -> y [N, C, image...]
#include <cstring>
#include <optional>

#include "core/ops/half.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"
#include "core/ops/window.h"

namespace quantab {
namespace {

struct ImageAxis {
  int64_t image = 1;   // positions of the image
  int64_t block = 1;   // positions of a block
  int64_t blocks = 1;  // that lie along the axis
  int64_t stride = 1, dilation = 1, pad = 0;

  // Where in the image position `at` of block `block_index` is; it may be in the padding.
  int64_t Position(int64_t block_index, int64_t at) const {
    return block_index * stride - pad + at * dilation;
  }
};

struct Geometry {
  std::vector<ImageAxis> axes;
  int64_t channels = 0;
  int64_t image_count = 1, block_count = 1, blocks = 1;  // over all axes
};

// Attribute or input values of which `count` are expected.
void CheckList(const OpContext& c, const char* name, const std::vector<int64_t>& values,
               size_t count, int64_t least) {
  bool valid = values.size() == count;
  for (int64_t value : values) {
    valid = valid && value >= least;
    CheckPositions(c, value);
  }
  if (!valid) {
    c.Invalid(std::string(name) + " is " + ToString(values) + ", expected " +
              std::to_string(count) + " numbers from " + std::to_string(least) + " up.");
  }
}

std::vector<ImageAxis> ReadAxes(const OpContext& c) {
  const std::vector<int64_t> image = IntegerInput(c, 1);
  const std::vector<int64_t> block = IntegerInput(c, 2);
  const size_t rank = image.size();
  if (rank == 0) c.Invalid("input 1 names no dimension.");
  const auto list = [&](const char* name, size_t count, int64_t otherwise) {
    return c.attributes().Ints(name, std::vector<int64_t>(count, otherwise));
  };
  const std::vector<int64_t> dilations = list("dilations", rank, 1);
  const std::vector<int64_t> strides = list("strides", rank, 1);
  const std::vector<int64_t> pads = list("pads", 2 * rank, 0);
  CheckList(c, "image_shape", image, rank, 1);
  CheckList(c, "block_shape", block, rank, 1);
  CheckList(c, "dilations", dilations, rank, 1);
  CheckList(c, "strides", strides, rank, 1);
  CheckList(c, "pads", pads, 2 * rank, 0);
  std::vector<ImageAxis> axes;
  for (size_t d = 0; d < rank; ++d) {
    const int64_t room = image[d] + pads[d] + pads[rank + d] - dilations[d] * (block[d] - 1) - 1;
    if (room < 0) {
      c.Invalid("blocks of shape " + ToString(block) + " do not fit an image of shape " +
                ToString(image) + ".");
    }
    axes.push_back({image[d], block[d], room / strides[d] + 1, strides[d], dilations[d], pads[d]});
  }
  return axes;
}

Geometry ReadGeometry(const OpContext& c) {
  const Shape& x = c.Input(0).shape();
  Geometry geometry;
  geometry.axes = ReadAxes(c);
  Shape image, block, blocks;
  for (const ImageAxis& axis : geometry.axes) {
    image.push_back(axis.image);
    block.push_back(axis.block);
    blocks.push_back(axis.blocks);
  }
  geometry.image_count = ElementCount(image);
  geometry.block_count = ElementCount(block);
  geometry.blocks = ElementCount(blocks);
  if (x.size() != 3 || x[1] % geometry.block_count != 0 || x[2] != geometry.blocks) {
    c.Invalid("input 0 has shape " + ToString(x) + ", expected [N,C*" +
              std::to_string(geometry.block_count) + "," + std::to_string(geometry.blocks) + "].");
  }
  geometry.channels = x[1] / geometry.block_count;
  return geometry;
}

// Counts `index` up, the last axis first; false after the last one of the axes before `end`.
bool Advance(const std::vector<ImageAxis>& axes, int64_t ImageAxis::* size, size_t end,
             std::vector<int64_t>& index) {
  for (size_t d = end; d-- > 0;) {
    if (++index[d] < axes[d].*size) return true;
    index[d] = 0;
  }
  return false;
}

// The image's row that position `at` of block `block_index` is in; nothing in the padding.
std::optional<int64_t> RowOf(const std::vector<ImageAxis>& axes, const std::vector<int64_t>& at,
                             const std::vector<int64_t>& block_index) {
  int64_t row = 0;
  for (size_t d = 0; d + 1 < axes.size(); ++d) {
    const int64_t position = axes[d].Position(block_index[d], at[d]);
    if (position < 0 || position >= axes[d].image) return std::nullopt;
    row = row * axes[d].image + position;
  }
  return row;
}

// Adds what all blocks have at position `at`; `column` moves behind it.
template <class T>
void AddColumn(const std::vector<ImageAxis>& axes, const std::vector<int64_t>& at, const T*& column,
               T* image) {
  const ImageAxis& last = axes.back();
  std::vector<int64_t> block_index(axes.size(), 0);
  do {
    if (const std::optional<int64_t> row = RowOf(axes, at, block_index)) {
      T* line = image + *row * last.image;
      for (int64_t i = 0; i < last.blocks; ++i) {
        const int64_t position = last.Position(i, at.back());
        if (position < 0 || position >= last.image) continue;
        line[position] = WrapAdd(line[position], column[i]);
      }
    }
    column += last.blocks;
  } while (Advance(axes, &ImageAxis::blocks, axes.size() - 1, block_index));
}

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  const Geometry geometry = ReadGeometry(c);
  Shape shape = {x.dim(0), geometry.channels};
  for (const ImageAxis& axis : geometry.axes) shape.push_back(axis.image);
  VisitNumeric(c, 0, [&](auto zero) {
    using T = decltype(zero);
    Tensor& output = c.Output(0, x.dtype(), shape);
    if (output.count() == 0) return;
    std::memset(output.mutable_raw(), 0, output.bytes());
    const T* column = x.data<T>();
    T* image = output.mutable_data<T>();
    const int64_t planes = x.dim(0) * geometry.channels;
    for (int64_t plane = 0; plane < planes; ++plane, image += geometry.image_count) {
      std::vector<int64_t> at(geometry.axes.size(), 0);
      do {
        AddColumn(geometry.axes, at, column, image);
      } while (Advance(geometry.axes, &ImageAxis::block, at.size(), at));
    }
  });
}

}  // namespace

QUANTAB_REGISTER(ops, col2im) {
  r.Add({.name = "Col2Im", .since = 18, .compute = InFloat<Compute>});
}

}  // namespace quantab
