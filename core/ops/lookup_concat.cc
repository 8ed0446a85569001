// LookupConcat (quantab, made by lowering only): x_0, table_0, x_1, table_1, ... Tensors of bytes
// one after the other along attribute 'axis', each byte through its tensor's table of 256 results;
// a tensor whose table is left out is copied.
#include "core/ops/join.h"
#include "core/ops/qlinear_table.h"
#include "core/ops/quantization.h"

namespace quantab {
namespace {

struct Part {
  Tensor x, table;
  DType dtype;  // of what becomes of x
};

Part PartAt(const OpContext& c, int i) {
  IsSignedByte(c, i);
  const Tensor* table = c.Optional(i + 1);
  if (table == nullptr) return {c.Input(i), Tensor(), c.Input(i).dtype()};
  IsSignedByte(c, i + 1);
  if (table->count() != 256) {
    c.Invalid("input " + std::to_string(i + 1) + " has shape " + ToString(table->shape()) +
              ", expected [256].");
  }
  return {c.Input(i), *table, table->dtype()};
}

void Compute(OpContext& c) {
  std::vector<Part> parts;
  std::vector<Shape> shapes;
  for (int i = 0; i < c.input_count(); i += 2) {
    parts.push_back(PartAt(c, i));
    shapes.push_back(parts.back().x.shape());
    if (parts.back().dtype != parts.front().dtype) {
      c.Invalid("tensors 0 and " + std::to_string(i / 2) + " become different types.");
    }
  }
  const int rank = parts.front().x.rank();
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", 0), rank);
  Tensor& y = c.Output(0, parts.front().dtype, JoinedShape(c, shapes, axis));
  const size_t rows = Size(CountOf(y.shape(), 0, axis));
  const size_t row = Size(CountOf(y.shape(), axis, rank));
  std::byte* out = y.mutable_raw();
  for (const Part& part : parts) {
    const size_t run = Size(CountOf(part.x.shape(), axis, rank));
    if (run > 0) LookUpRows(rows, run, part.x.raw(), part.table, out, row);
    out += run;
  }
}

}  // namespace

QUANTAB_REGISTER(ops, lookup_concat) {
  r.Add({.name = "LookupConcat", .domain = "quantab", .compute = Compute});
}

}  // namespace quantab
