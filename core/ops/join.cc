#include "core/ops/join.h"

#include "core/ops/copy_elements.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

bool Follows(const Shape& first, const Shape& other, int axis) {
  if (other.size() != first.size()) return false;
  for (size_t d = 0; d < first.size(); ++d) {
    if (d != Size(axis) && other[d] != first[d]) return false;
  }
  return true;
}

// Elements of one position along `axis` and what is inside it.
int64_t InnerCount(const Tensor& tensor, int axis) {
  return CountOf(tensor.shape(), axis + 1, tensor.rank());
}

}  // namespace

Shape JoinedShape(const OpContext& c, std::span<const Tensor> parts, int axis) {
  const DType dtype = parts.front().dtype();
  std::vector<Shape> shapes;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].dtype() != dtype) {
      c.Invalid("tensors 0 and " + std::to_string(i) + " have types '" +
                std::string(NameOf(dtype)) + "' and '" + std::string(NameOf(parts[i].dtype())) +
                "', expected one type.");
    }
    shapes.push_back(parts[i].shape());
  }
  return JoinedShape(c, shapes, axis);
}

Shape JoinedShape(const OpContext& c, std::span<const Shape> parts, int axis) {
  Shape shape = parts.front();
  int64_t& along = shape[Size(axis)];
  for (size_t i = 1; i < parts.size(); ++i) {
    if (!Follows(parts.front(), parts[i], axis) ||
        __builtin_add_overflow(along, parts[i][Size(axis)], &along)) {
      c.Invalid("tensor " + std::to_string(i) + " has shape " + ToString(parts[i]) +
                ", which cannot follow " + ToString(parts.front()) + " along axis " +
                std::to_string(axis) + ".");
    }
  }
  return shape;
}

void JoinParts(std::span<const Tensor> parts, int axis, Tensor& joined) {
  const int64_t rows = CountOf(joined.shape(), 0, axis);
  const int64_t inner = InnerCount(joined, axis);
  int64_t begin = 0;
  for (const Tensor& part : parts) {
    const int64_t run = part.dim(axis) * inner;
    CopyElements(part, {0, run}, joined, {begin, joined.dim(axis) * inner}, rows, run);
    begin += run;
  }
}

void TakePart(const Tensor& whole, int axis, int64_t begin, Tensor& part) {
  const int64_t rows = CountOf(whole.shape(), 0, axis);
  const int64_t inner = InnerCount(whole, axis);
  const int64_t run = part.dim(axis) * inner;
  CopyElements(whole, {begin * inner, whole.dim(axis) * inner}, part, {0, run}, rows, run);
}

}  // namespace quantab
