#include "core/eval/weight_histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "core/base/error.h"
#include "core/eval/bins.h"
#include "core/graph/graph_edit.h"
#include "core/quant/weight.h"

namespace quantab {
namespace {

constexpr int64_t kPart = 1 << 16;  // elements at a time

const onnx::TensorProto* Find(const onnx::GraphProto& graph, const std::string& name) {
  for (const onnx::TensorProto& tensor : graph.initializer()) {
    if (tensor.name() == name) return &tensor;
  }
  for (const onnx::NodeProto& node : graph.node()) {
    if (node.op_type() != "Constant" || node.output_size() != 1 || node.output(0) != name) continue;
    const onnx::AttributeProto* value = FindAttribute(node, "value");
    return value != nullptr && value->has_t() ? &value->t() : nullptr;
  }
  return nullptr;
}

template <class Take>
void ForEachFinite(const Blob& bytes, DType type, int64_t count, Monitor* monitor, Take take) {
  std::vector<float> part(static_cast<size_t>(std::min(kPart, count)));
  for (int64_t begin = 0; begin < count; begin += kPart) {
    CheckCancelled(monitor);
    const auto n = static_cast<size_t>(std::min(kPart, count - begin));
    ReadReals(bytes, type, static_cast<uint64_t>(begin), std::span(part).first(n));
    for (size_t i = 0; i < n; ++i) {
      if (std::isfinite(part[i])) take(double{part[i]});
    }
  }
}

}  // namespace

WeightHistogram HistogramOf(const Model& model, const std::string& name, int bins,
                            Monitor* monitor) {
  CheckBins(bins);
  const onnx::TensorProto* tensor = Find(model.proto.graph(), name);
  if (tensor == nullptr) {
    ThrowInvalidArgument("Weight '" + name +
                         "' is not stored in the model's main graph. Give the name of an "
                         "initializer, or of a Constant's output.");
  }
  const DType type = TypeOf(*tensor);
  if (type != DType::kFloat && type != DType::kFloat16) {
    ThrowInvalidArgument("Weight '" + name + "' is " + std::string(NameOf(type)) +
                         ". Histograms are of float32 and float16.");
  }
  WeightHistogram out{.name = name,
                      .type = std::string(NameOf(type)),
                      .shape = ShapeOf(*tensor),
                      .counts = std::vector<int64_t>(static_cast<size_t>(bins))};
  out.elements = ElementCount(out.shape);
  const BlobPtr bytes = BytesOf(model, *tensor);

  // The mean and the sum of squares about it as elements come (Welford).
  int64_t finite = 0;
  double squares = 0;
  double lowest = std::numeric_limits<double>::infinity(), highest = -lowest;
  ForEachFinite(*bytes, type, out.elements, monitor, [&](double value) {
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
    if (value == 0) ++out.zeros;
    const double before = value - out.mean;
    out.mean += before / static_cast<double>(++finite);
    squares += before * (value - out.mean);
  });
  out.not_finite = out.elements - finite;
  if (finite == 0) return out;
  out.min = lowest;
  out.max = highest;
  out.deviation = std::sqrt(squares / static_cast<double>(finite));

  const Bins places(lowest, highest, out.counts.size());
  ForEachFinite(*bytes, type, out.elements, monitor,
                [&](double value) { ++out.counts[places.Of(value)]; });
  return out;
}

}  // namespace quantab
