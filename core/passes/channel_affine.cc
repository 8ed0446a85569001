#include "core/passes/channel_affine.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "core/graph/graph_edit.h"

namespace quantab {
namespace {

class ScaledChannels final : public Blob {
 public:
  ScaledChannels(BlobPtr source, DType type, const ChannelLayout& layout,
                 std::vector<double> factors)
      : source_(std::move(source)), type_(type), layout_(layout), factors_(std::move(factors)) {}

  uint64_t size() const override { return source_->size(); }

  void Read(uint64_t offset, std::span<std::byte> out) const override {
    const uint64_t size = BytesPerNumber(type_);
    if (offset % size == 0 && out.size() % size == 0) {
      source_->Read(offset, out);
      Scale(offset / size, out);
      return;
    }
    const uint64_t begin = offset / size * size;
    const uint64_t end = std::min(this->size(), (offset + out.size() + size - 1) / size * size);
    std::vector<std::byte> whole(static_cast<size_t>(end - begin));
    source_->Read(begin, whole);
    Scale(begin / size, whole);
    std::memcpy(out.data(), whole.data() + (offset - begin), out.size());
  }

  // The same with other factors on top, without a second layer of computing.
  BlobPtr Times(const std::vector<double>& factors) const {
    std::vector<double> product = factors_;
    for (size_t i = 0; i < product.size(); ++i) product[i] *= factors[i];
    return std::make_shared<ScaledChannels>(source_, type_, layout_, std::move(product));
  }
  bool Fits(DType type, const ChannelLayout& layout) const {
    return type == type_ && layout == layout_;
  }

 private:
  void Scale(uint64_t first, std::span<std::byte> elements) const {
    const size_t size = BytesPerNumber(type_);
    const uint64_t inner = static_cast<uint64_t>(layout_.inner);
    const uint64_t columns = static_cast<uint64_t>(layout_.columns);
    const uint64_t rows = static_cast<uint64_t>(layout_.rows_per_group);
    const uint64_t count = elements.size() / size;
    for (uint64_t i = 0; i < count;) {
      const uint64_t column = (first + i) / inner;
      const uint64_t channel = column / columns / rows * columns + column % columns;
      const double factor = factors_[static_cast<size_t>(channel)];
      const uint64_t end = std::min(count, i + inner - (first + i) % inner);
      for (; i < end; ++i) {
        std::byte* at = elements.data() + static_cast<size_t>(i) * size;
        StoreNumber(type_, LoadNumber(type_, at) * factor, at);
      }
    }
  }

  BlobPtr source_;
  DType type_;
  ChannelLayout layout_;
  std::vector<double> factors_;
};

// Reads everything once.
bool AllFinite(const Blob& blob, DType type) {
  bool finite = true;
  const size_t size = BytesPerNumber(type);
  ForEachChunk(blob, size, [&](uint64_t, std::span<const std::byte> part) {
    for (size_t at = 0; finite && at + size <= part.size(); at += size) {
      finite = std::isfinite(LoadNumber(type, part.data() + at));
    }
  });
  return finite;
}

bool MatchConv(const PatternGraph& graph, const onnx::TensorProto& weight, LinearNode& linear) {
  if (weight.dims_size() < 3) return false;
  const int64_t group = IntAttribute(graph.node(linear.node), "group", 1);
  linear.rank = weight.dims_size();
  linear.layout.inner = 1;
  for (int i = 2; i < weight.dims_size(); ++i) linear.layout.inner *= weight.dims(i);
  if (graph.Is(linear.node, "Conv")) {
    linear.channels = weight.dims(0);
    linear.layout.inner *= weight.dims(1);
    return true;
  }
  if (group < 1 || weight.dims(0) % group != 0) return false;
  linear.layout.columns = weight.dims(1);
  linear.layout.rows_per_group = weight.dims(0) / group;
  const std::optional<int64_t> channels = CheckedElementCount(Shape{weight.dims(1), group});
  linear.channels = channels.value_or(0);
  return true;
}

bool MatchMatrix(const PatternGraph& graph, const onnx::TensorProto& weight, LinearNode& linear) {
  if (weight.dims_size() != 2) return false;
  const bool gemm = graph.Is(linear.node, "Gemm");
  if (!gemm) {
    const auto x = graph.ShapeOfValue(graph.Input(linear.node, 0));
    if (!x || x->size() != 2) return false;
  }
  linear.rank = 2;
  const bool transposed = gemm && IntAttribute(graph.node(linear.node), "transB", 0) != 0;
  linear.channels = weight.dims(transposed ? 0 : 1);
  if (transposed) {
    linear.layout.inner = weight.dims(1);
  } else {
    linear.layout.columns = weight.dims(1);
    linear.layout.rows_per_group = weight.dims(0);
  }
  return true;
}

bool MatchBias(const PatternGraph& graph, LinearNode& linear) {
  const std::string& name = graph.Input(linear.node, 2);
  if (name.empty()) return true;
  const bool gemm = graph.Is(linear.node, "Gemm");
  const onnx::TensorProto* tensor = graph.Constant(name);
  if (tensor == nullptr || TypeOf(*tensor) != linear.type) return false;
  if (!gemm && (tensor->dims_size() != 1 || tensor->dims(0) != linear.channels)) return false;
  auto bias = graph.AlongAxis(name, gemm ? 2 : 1, gemm ? 1 : 0, linear.channels);
  if (!bias) return false;
  linear.bias = std::move(*bias);
  if (gemm) {
    const double beta = static_cast<double>(FloatAttribute(graph.node(linear.node), "beta", 1.0f));
    for (double& x : linear.bias) x = RoundStep(linear.type, x * beta);
  }
  return true;
}

// The new bias; empty for none.
std::vector<double> MapBias(const LinearNode& linear, const ChannelAffine& affine) {
  if (linear.bias.empty() && affine.shift.empty() && affine.offset.empty()) return {};
  std::vector<double> bias = linear.bias;
  bias.resize(static_cast<size_t>(linear.channels), 0);
  for (size_t i = 0; i < bias.size(); ++i) {
    if (!affine.shift.empty()) bias[i] = RoundStep(linear.type, bias[i] + affine.shift[i]);
    if (!affine.factor.empty()) bias[i] = RoundStep(linear.type, bias[i] * affine.factor[i]);
    if (!affine.offset.empty()) bias[i] = RoundStep(linear.type, bias[i] + affine.offset[i]);
  }
  return bias;
}

BlobPtr NumbersBlob(DType type, const std::vector<double>& values) {
  const size_t size = BytesPerNumber(type);
  std::vector<std::byte> bytes(values.size() * size);
  for (size_t i = 0; i < values.size(); ++i) {
    StoreNumber(type, values[i], bytes.data() + i * size);
  }
  return MakeMemoryBlob(std::move(bytes));
}

}  // namespace

std::optional<LinearNode> MatchLinear(const PatternGraph& graph, int i) {
  const bool conv = graph.Is(i, "Conv") || graph.Is(i, "ConvTranspose");
  const bool matrix = graph.Is(i, "Gemm") || graph.Is(i, "MatMul");
  if (graph.opset() < 7 || (!conv && !matrix) || graph.node(i).output_size() != 1) {
    return std::nullopt;
  }
  const onnx::TensorProto* weight = graph.Constant(graph.Input(i, 1));
  if (weight == nullptr || !IsComputable(TypeOf(*weight))) return std::nullopt;
  const int64_t elements = CheckedElementCount(ShapeOf(*weight)).value_or(0);
  if (elements == 0) return std::nullopt;
  LinearNode linear;
  linear.node = i;
  linear.type = TypeOf(*weight);
  const bool matched =
      conv ? MatchConv(graph, *weight, linear) : MatchMatrix(graph, *weight, linear);
  if (!matched || linear.channels < 1 || linear.channels > elements) return std::nullopt;
  if (!MatchBias(graph, linear)) return std::nullopt;
  return linear;
}

bool FoldAffine(PatternGraph& graph, const LinearNode& linear, int last,
                const ChannelAffine& affine) {
  onnx::NodeProto node = graph.node(linear.node);
  const std::string weight = node.input(1);
  BlobPtr scaled;
  if (!affine.factor.empty()) {
    scaled =
        ChannelScaledBlob(graph.ConstantBytes(weight), linear.type, linear.layout, affine.factor);
    if (!AllFinite(*scaled, linear.type)) return false;
  }
  const std::vector<double> bias = MapBias(linear, affine);
  const BlobPtr bias_bytes = NumbersBlob(linear.type, bias);
  if (!AllFinite(*bias_bytes, linear.type)) return false;

  if (scaled) node.set_input(1, graph.ChangeConstant(weight, std::move(scaled)));
  if (!bias.empty()) {
    const std::string old = graph.Input(linear.node, 2);
    const bool same = !old.empty() && ShapeOf(*graph.Constant(old)) == Shape{linear.channels};
    const std::string name = same ? graph.ChangeConstant(old, bias_bytes)
                                  : graph.AddConstant(old.empty() ? weight + "_bias" : old,
                                                      linear.type, {linear.channels}, bias_bytes);
    while (node.input_size() < 3) node.add_input();
    node.set_input(2, name);
    if (graph.Is(linear.node, "MatMul")) node.set_op_type("Gemm");
    DropAttribute(node, "beta");
  }
  node.set_output(0, graph.Output(last));
  graph.Remove(linear.node);
  graph.Replace(last, std::move(node));
  return true;
}

BlobPtr ChannelScaledBlob(BlobPtr source, DType type, const ChannelLayout& layout,
                          std::vector<double> factors) {
  const auto* scaled = dynamic_cast<const ScaledChannels*>(source.get());
  if (scaled != nullptr && scaled->Fits(type, layout)) return scaled->Times(factors);
  return std::make_shared<ScaledChannels>(std::move(source), type, layout, std::move(factors));
}

}  // namespace quantab
