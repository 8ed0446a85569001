#include "core/quant/equalize.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/quant/linear_layers.h"

namespace quantab {
namespace {

// Factors that move by less than this, relatively, have come to rest.
constexpr double kRest = 1e-3;
constexpr int kMostSweeps = 50;

struct Layer {
  LinearLayer linear;
  // What the weights are multiplied with, so far.
  std::vector<double> in, out;
};

struct Pair {
  size_t first = 0, second = 0;  // indices of layers
};

// The number of elements of a bias that can be divided by factors per channel; 0 for no bias and
// nothing for a bias that cannot.
std::optional<int64_t> BiasCount(const GraphEdit& edit, const LinearLayer& layer) {
  const int index = layer.bias_index();
  if (index < 0 || layer.node->input_size() <= index || layer.node->input(index).empty()) return 0;
  const std::string& name = layer.node->input(index);
  const onnx::TensorProto* bias = edit.Initializer(name);
  if (bias == nullptr || !IsFixed(edit, name) || TypeOf(*bias) != DType::kFloat) {
    return std::nullopt;
  }
  const Shape shape = ShapeOf(*bias);
  if (shape != Shape{layer.out_channels} && shape != Shape{1, layer.out_channels}) {
    return std::nullopt;
  }
  return layer.out_channels;
}

// Whether a positive factor of a channel passes through `node`. Pools work on each channel by
// itself where the channels are axis 1.
bool IsHomogeneous(const onnx::NodeProto& node, int64_t channel_axis) {
  static constexpr std::string_view kPools[] = {"MaxPool", "AveragePool", "GlobalMaxPool",
                                                "GlobalAveragePool"};
  if (!CanonicalDomain(node.domain()).empty() || node.output_size() != 1) return false;
  const std::string& op = node.op_type();
  return op == "Relu" || op == "LeakyRelu" ||
         (channel_axis == 1 &&
          std::find(std::begin(kPools), std::end(kPools), op) != std::end(kPools));
}

// The only user of `value`, or nullptr.
onnx::NodeProto* OnlyUser(const GraphEdit& edit, const std::string& value) {
  if (edit.IsGraphOutput(value) || edit.CountReaders(value) != 1) return nullptr;
  const auto readers = edit.Readers(value);
  return readers.size() == 1 ? readers[0] : nullptr;
}

// The node whose input 0 is what `first` makes, but for homogeneous nodes between them, or nullptr.
const onnx::NodeProto* Next(const GraphEdit& edit, const LinearLayer& first) {
  const onnx::NodeProto* node = first.node;
  while (node->output_size() == 1) {
    const std::string& value = node->output(0);
    node = OnlyUser(edit, value);
    if (node == nullptr || node->input_size() == 0 || node->input(0) != value) return nullptr;
    if (!IsHomogeneous(*node, first.activation_axis)) return node;
  }
  return nullptr;
}

std::vector<Pair> FindPairs(const GraphEdit& edit, const std::vector<Layer>& layers) {
  std::unordered_map<const onnx::NodeProto*, size_t> index;
  for (size_t i = 0; i < layers.size(); ++i) index[layers[i].linear.node] = i;
  std::vector<Pair> pairs;
  for (size_t i = 0; i < layers.size(); ++i) {
    const LinearLayer& first = layers[i].linear;
    const auto found = index.find(Next(edit, first));
    if (found == index.end()) continue;
    const LinearLayer& second = layers[found->second].linear;
    if (first.activation_axis == second.activation_axis &&
        first.out_channels == second.in_channels && first.weight != second.weight &&
        BiasCount(edit, first)) {
      pairs.push_back({i, found->second});
    }
  }
  return pairs;
}

// The largest magnitude for each channel, of those that the layer makes or of those it reads, as
// the weights are with their factors. Infinite where an element is not finite.
std::vector<double> MagnitudesOf(const GraphEdit& edit, const Layer& layer, bool made) {
  std::vector<double> magnitudes(made ? layer.out.size() : layer.in.size(), 0);
  const onnx::TensorProto& weight = *edit.Initializer(layer.linear.weight);
  ForEachWeightRun(layer.linear, ShapeOf(weight), *BytesOf(edit.model(), weight),
                   [&](int64_t in, int64_t out, std::span<const float> elements) {
                     const size_t i = static_cast<size_t>(in), o = static_cast<size_t>(out);
                     double most = 0;
                     for (const float x : elements) {
                       const double size = static_cast<double>(std::fabs(x));
                       most = std::isnan(size) ? HUGE_VAL : std::max(most, size);
                     }
                     double& magnitude = magnitudes[made ? o : i];
                     magnitude = std::max(magnitude, most * layer.in[i] * layer.out[o]);
                   });
  return magnitudes;
}

// Evens out the channels between two layers; returns how far the farthest factor moved.
double Equalize(const GraphEdit& edit, Layer& first, Layer& second) {
  const std::vector<double> r1 = MagnitudesOf(edit, first, true);
  const std::vector<double> r2 = MagnitudesOf(edit, second, false);
  double farthest = 0;
  for (size_t i = 0; i < r1.size(); ++i) {
    const double factor = std::sqrt(r1[i] * r2[i]) / r2[i];
    const double made = first.out[i] / factor;
    const double read = second.in[i] * factor;
    const bool sound = r1[i] > 0 && r2[i] > 0 && std::isnormal(static_cast<float>(factor)) &&
                       std::isnormal(static_cast<float>(made)) &&
                       std::isnormal(static_cast<float>(read));
    if (!sound) continue;
    first.out[i] = made;
    second.in[i] = read;
    farthest = std::max(farthest, std::fabs(std::log(factor)));
  }
  return farthest;
}

std::vector<float> Narrow(const std::vector<double>& factors) {
  std::vector<float> narrow;
  for (const double factor : factors) narrow.push_back(static_cast<float>(factor));
  return narrow;
}

void Apply(GraphEdit& edit, const Layer& layer) {
  onnx::NodeProto& node = *layer.linear.node;
  const onnx::TensorProto& weight = *edit.Initializer(layer.linear.weight);
  const Shape shape = ShapeOf(weight);
  BlobPtr bytes = BytesOf(edit.model(), weight);
  bytes = ScaledBlob(bytes, shape, layer.linear.in_axis, layer.linear.group, Narrow(layer.in));
  bytes = ScaledBlob(bytes, shape, layer.linear.out_axis, 1, Narrow(layer.out));
  ReplaceConstant(edit, node, layer.linear.weight_index(), "_equalized", bytes);
  if (BiasCount(edit, layer.linear).value_or(0) == 0) return;
  const int index = layer.linear.bias_index();
  const onnx::TensorProto& bias = *edit.Initializer(node.input(index));
  const Shape dims = ShapeOf(bias);
  const int64_t axis = static_cast<int64_t>(dims.size()) - 1;
  ReplaceConstant(edit, node, index, "_equalized",
                  ScaledBlob(BytesOf(edit.model(), bias), dims, axis, 1, Narrow(layer.out)));
}

}  // namespace

int EqualizeCrossLayers(Model& model) {
  GraphEdit edit(model);
  std::vector<Layer> layers;
  for (LinearLayer& linear : FindLinearLayers(edit, [](const auto&) { return true; })) {
    const size_t in = static_cast<size_t>(linear.in_channels);
    const size_t out = static_cast<size_t>(linear.out_channels);
    layers.push_back({std::move(linear), std::vector<double>(in, 1), std::vector<double>(out, 1)});
  }
  const std::vector<Pair> pairs = FindPairs(edit, layers);
  double moved = pairs.empty() ? 0 : 1;
  for (int sweep = 0; sweep < kMostSweeps && moved > kRest; ++sweep) {
    moved = 0;
    for (const Pair& pair : pairs) {
      moved = std::max(moved, Equalize(edit, layers[pair.first], layers[pair.second]));
    }
  }
  std::set<size_t> changed;
  for (const Pair& pair : pairs) changed.insert({pair.first, pair.second});
  for (const size_t i : changed) Apply(edit, layers[i]);
  edit.Finish();
  return static_cast<int>(pairs.size());
}

}  // namespace quantab
