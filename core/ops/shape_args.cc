#include "core/ops/shape_args.h"

#include <string>

#include "core/ops/types.h"

namespace quantab {

std::vector<int64_t> IntegerInput(const OpContext& c, int i) {
  const Tensor* tensor = c.Optional(i);
  if (tensor == nullptr) return {};
  if (tensor->dtype() == DType::kInt64) {
    const auto values = tensor->span<int64_t>();
    return {values.begin(), values.end()};
  }
  if (tensor->dtype() == DType::kInt32) {
    const auto values = tensor->span<int32_t>();
    return {values.begin(), values.end()};
  }
  c.Invalid("input " + std::to_string(i) + " has type '" + std::string(NameOf(tensor->dtype())) +
            "', expected 'int64' or 'int32'.");
}

size_t MovableSize(const OpContext& c, const Tensor& tensor) {
  if (BitsOf(tensor.dtype()) < 8) {
    c.Unsupported("elements of type '" + std::string(NameOf(tensor.dtype())) +
                  "' are not supported.");
  }
  return SizeOf(tensor.dtype());
}

std::vector<int> NormalizeAxes(const OpContext& c, const std::vector<int64_t>& axes, int rank) {
  std::vector<int> normalized;
  std::vector<bool> seen(static_cast<size_t>(rank), false);
  for (int64_t axis : axes) {
    const int at = NormalizeAxis(c, axis, rank);
    if (seen[Size(at)]) c.Invalid("axis '" + std::to_string(axis) + "' is given twice.");
    seen[Size(at)] = true;
    normalized.push_back(at);
  }
  return normalized;
}

std::vector<int64_t> AttributeOrInput(const OpContext& c, std::string_view name, int i,
                                      int64_t last_attribute_opset) {
  return c.opset() <= last_attribute_opset ? c.attributes().Ints(name) : IntegerInput(c, i);
}

void ExpectSameType(const OpContext& c, int i, int j) {
  const DType a = c.Input(i).dtype();
  const DType b = c.Input(j).dtype();
  if (a == b) return;
  c.Invalid("inputs " + std::to_string(i) + " and " + std::to_string(j) + " have types '" +
            std::string(NameOf(a)) + "' and '" + std::string(NameOf(b)) + "', expected one type.");
}

}  // namespace quantab
