#include "core/quant/linear_layers.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <set>
#include <utility>

#include "core/tensor/shape.h"

namespace quantab {
namespace {

constexpr int64_t kBlock = 1 << 16;  // elements read at once: 256 KB of float32

bool FillAxes(const onnx::NodeProto& node, const Shape& shape, LinearLayer& layer) {
  if (node.op_type() == "Conv") {
    layer.group = IntAttribute(node, "group", 1);
    if (shape.size() < 3 || layer.group < 1 || shape[0] % layer.group != 0) return false;
    layer.activation_axis = 1;
    layer.in_axis = 1;
    layer.out_axis = 0;
  } else if (node.op_type() == "MatMul") {
    if (shape.size() != 2) return false;
  } else if (node.op_type() == "Gemm") {
    if (shape.size() != 2 || IntAttribute(node, "transA", 0) != 0 ||
        FloatAttribute(node, "alpha", 1) != 1) {
      return false;
    }
    const bool transposed = IntAttribute(node, "transB", 0) != 0;
    layer.in_axis = transposed ? 1 : 0;
    layer.out_axis = transposed ? 0 : 1;
  } else {
    return false;
  }
  layer.in_channels = shape[static_cast<size_t>(layer.in_axis)] * layer.group;
  layer.out_channels = shape[static_cast<size_t>(layer.out_axis)];
  return true;
}

// Elements below one index of `axis`.
int64_t InnerOf(const Shape& shape, int64_t axis) {
  int64_t inner = 1;
  for (size_t i = static_cast<size_t>(axis) + 1; i < shape.size(); ++i) inner *= shape[i];
  return inner;
}

}  // namespace

std::vector<LinearLayer> FindLinearLayers(
    GraphEdit& edit, const std::function<bool(const onnx::NodeProto&)>& wanted) {
  std::vector<LinearLayer> layers;
  for (auto& node : *edit.graph().mutable_node()) {
    if (!CanonicalDomain(node.domain()).empty() || node.input_size() < 2 ||
        node.output_size() == 0 || !wanted(node)) {
      continue;
    }
    const onnx::TensorProto* weight = edit.Initializer(node.input(1));
    if (weight == nullptr || !IsFixed(edit, node.input(1)) || TypeOf(*weight) != DType::kFloat ||
        edit.Initializer(node.input(0)) != nullptr) {
      continue;
    }
    LinearLayer layer;
    layer.node = &node;
    layer.input = node.input(0);
    layer.weight = node.input(1);
    const Shape shape = ShapeOf(*weight);
    if (ElementCount(shape) > 0 && FillAxes(node, shape, layer)) layers.push_back(layer);
  }
  return layers;
}

bool IsFixed(const GraphEdit& edit, const std::string& name) {
  constexpr int64_t kFirstWithDefaults = 4;
  return edit.Initializer(name) != nullptr &&
         (!edit.IsGraphInput(name) || edit.model().proto.ir_version() < kFirstWithDefaults);
}

std::map<std::string, int64_t> ActivationAxes(const std::vector<LinearLayer>& layers) {
  std::map<std::string, int64_t> axes;
  std::set<std::string> contradicted;
  for (const LinearLayer& layer : layers) {
    const auto [known, added] = axes.emplace(layer.input, layer.activation_axis);
    if (!added && known->second != layer.activation_axis) contradicted.insert(layer.input);
  }
  for (const std::string& name : contradicted) axes.erase(name);
  return axes;
}

void ForEachWeightRun(
    const LinearLayer& layer, const Shape& shape, const Blob& bytes,
    const std::function<void(int64_t in, int64_t out, std::span<const float>)>& visit) {
  const int64_t last = std::max(layer.in_axis, layer.out_axis);
  const int64_t run = InnerOf(shape, last);
  const int64_t in_count = shape[static_cast<size_t>(layer.in_axis)];
  const int64_t in_inner = InnerOf(shape, layer.in_axis);
  const int64_t out_inner = InnerOf(shape, layer.out_axis);
  const int64_t outs_per_group = layer.out_channels / layer.group;
  std::vector<float> block;
  ForEachChunk(bytes, sizeof(float), [&](uint64_t offset, std::span<const std::byte> part) {
    block.resize(part.size() / sizeof(float));
    std::memcpy(block.data(), part.data(), part.size());
    const int64_t begin = static_cast<int64_t>(offset / sizeof(float));
    const int64_t total = static_cast<int64_t>(block.size());
    for (int64_t at = 0; at < total;) {
      const int64_t element = begin + at;
      const int64_t length = std::min(total - at, run - element % run);
      const int64_t out = element / out_inner % layer.out_channels;
      const int64_t in = element / in_inner % in_count + out / outs_per_group * in_count;
      visit(in, out,
            std::span(block).subspan(static_cast<size_t>(at), static_cast<size_t>(length)));
      at += length;
    }
  });
}

BlobPtr ScaledBlob(BlobPtr source, Shape shape, int64_t axis, int64_t group,
                   std::vector<float> factors) {
  const uint64_t size = source->size();
  const int64_t count = shape[static_cast<size_t>(axis)];
  const int64_t inner = InnerOf(shape, axis);
  // With groups, the elements of the first group of axis 0, of the second, ...
  const int64_t per_group = ElementCount(shape) / group;
  auto read = [source = std::move(source), factors = std::move(factors), count, inner, per_group](
                  uint64_t offset, std::span<std::byte> out) {
    source->Read(offset, out);
    const int64_t total = static_cast<int64_t>(out.size() / sizeof(float));
    const int64_t begin = static_cast<int64_t>(offset / sizeof(float));
    std::vector<float> block(static_cast<size_t>(std::min(total, kBlock)));
    for (int64_t at = 0; at < total; at += kBlock) {
      const int64_t n = std::min(kBlock, total - at);
      const std::span<std::byte> bytes = out.subspan(static_cast<size_t>(at) * sizeof(float),
                                                     static_cast<size_t>(n) * sizeof(float));
      std::memcpy(block.data(), bytes.data(), bytes.size());
      for (int64_t i = 0; i < n; ++i) {
        const int64_t element = begin + at + i;
        const int64_t channel = element / inner % count + element / per_group * count;
        block[static_cast<size_t>(i)] *= factors[static_cast<size_t>(channel)];
      }
      std::memcpy(bytes.data(), block.data(), bytes.size());
    }
  };
  return MakeComputedBlob(size, std::move(read));
}

void ReplaceConstant(GraphEdit& edit, onnx::NodeProto& node, int index, const std::string& suffix,
                     BlobPtr bytes) {
  const std::string name = node.input(index);
  const onnx::TensorProto& old = *edit.Initializer(name);
  const DType type = TypeOf(old);
  const Shape shape = ShapeOf(old);
  if (edit.CountReaders(name) == 1 && !edit.IsGraphOutput(name)) {
    edit.RemoveInitializer(name);
    edit.AddWeight(name, type, shape, std::move(bytes));
    return;
  }
  const std::string own = edit.FreshValue(name + suffix);
  edit.AddWeight(own, type, shape, std::move(bytes));
  edit.SetInput(node, index, own);
}

}  // namespace quantab
