// Lets a convolution or pooling do the padding in front of it.
//   before:  Pad(constant 0) -> Conv, AveragePool or MaxPool -> y
//   after:   Conv, AveragePool (count_include_pad = 1) or MaxPool with larger pads -> y
// Needs: constant pads of spatial dimensions, none negative; explicit pads of the reader, whose
// size of kernel is known. Zeros are what a Conv pads with. An AveragePool must count them; a
// MaxPool, which pads with nothing, does the same for values that are never negative. Pools must
// have no window that begins or lies in the padding. The Pad stays for other readers.
#include <algorithm>
#include <limits>

#include "core/graph/graph_edit.h"
#include "core/passes/pass.h"
#include "core/passes/pattern.h"

namespace quantab {
namespace {

using Ints = std::vector<int64_t>;

// Pads as in the attribute `pads` of Pad, for all dimensions of an input with `rank`.
std::optional<Ints> PadsOf(const PatternGraph& graph, int i, size_t rank) {
  const bool by_input = graph.opset() >= 11;
  const auto given =
      by_input ? graph.Ints(graph.Input(i, 1)) : IntsAttribute(graph.node(i), "pads");
  if (!given) return std::nullopt;
  if (graph.Input(i, 3).empty()) {
    if (given->size() != 2 * rank) return std::nullopt;
    return given;
  }
  const auto axes = graph.Ints(graph.Input(i, 3));
  if (!axes || given->size() != 2 * axes->size()) return std::nullopt;
  Ints pads(2 * rank, 0);
  for (size_t k = 0; k < axes->size(); ++k) {
    const int64_t dims = static_cast<int64_t>(rank);
    const int64_t axis = (*axes)[k] < 0 ? (*axes)[k] + dims : (*axes)[k];
    if (axis < 0 || axis >= dims) return std::nullopt;
    pads[static_cast<size_t>(axis)] = (*given)[k];
    pads[static_cast<size_t>(axis) + rank] = (*given)[k + axes->size()];
  }
  return pads;
}

bool PadsWithZeros(const PatternGraph& graph, int i) {
  if (StringAttribute(graph.node(i), "mode", "constant") != "constant") return false;
  if (graph.opset() < 11) return FloatAttribute(graph.node(i), "value", 0) == 0;
  return graph.Input(i, 2).empty() || graph.Scalar(graph.Input(i, 2)) == 0.0;
}

// The size of the kernel in each spatial dimension, or nothing when it is unknown.
std::optional<Ints> KernelOf(const PatternGraph& graph, int i) {
  auto kernel = IntsAttribute(graph.node(i), "kernel_shape");
  if (!kernel && graph.Is(i, "Conv")) {
    const auto weight = graph.ShapeOfValue(graph.Input(i, 1));
    if (weight && weight->size() > 2) kernel = Ints(weight->begin() + 2, weight->end());
  }
  if (kernel && kernel->empty()) kernel.reset();
  return kernel;
}

// The spatial part of `pads`, in the order of the attribute, when there is no other.
std::optional<Ints> SpatialPads(const Ints& pads, size_t rank) {
  Ints spatial;
  for (size_t k = 0; k < pads.size(); ++k) {
    const bool is_spatial = k % rank >= 2;
    if (pads[k] < 0 || (!is_spatial && pads[k] != 0)) return std::nullopt;
    if (is_spatial) spatial.push_back(pads[k]);
  }
  return spatial;
}

bool IsNeverNegative(const PatternGraph& graph, const std::string& value) {
  const int maker = graph.Producer(value);
  if (graph.Is(maker, "Relu") || graph.Is(maker, "Sigmoid")) return true;
  if (!graph.Is(maker, "Clip")) return false;
  const auto low = graph.opset() >= 11
                       ? graph.Scalar(graph.Input(maker, 1))
                       : std::optional<double>(static_cast<double>(FloatAttribute(
                             graph.node(maker), "min", std::numeric_limits<float>::lowest())));
  const auto high = graph.opset() >= 11 && !graph.Input(maker, 2).empty()
                        ? graph.Scalar(graph.Input(maker, 2))
                        : std::optional<double>(static_cast<double>(FloatAttribute(
                              graph.node(maker), "max", std::numeric_limits<float>::max())));
  return low && high && *low >= 0 && *high >= 0;
}

// Whether pool `i`, whose own pads are `own`, may take over the padding of `pad`.
bool PoolMayPad(const PatternGraph& graph, int i, int pad, const Ints& own, const Ints& sum,
                const Ints& kernel) {
  const onnx::NodeProto& node = graph.node(i);
  const auto dilations = IntsAttribute(node, "dilations").value_or(Ints{});
  if (IntAttribute(node, "ceil_mode", 0) != 0 || node.output_size() != 1 ||
      std::any_of(dilations.begin(), dilations.end(), [](int64_t d) { return d != 1; })) {
    return false;
  }
  for (size_t k = 0; k < sum.size(); ++k) {
    if (sum[k] >= kernel[k % kernel.size()]) return false;
  }
  if (graph.Is(i, "MaxPool")) return IsNeverNegative(graph, graph.Input(pad, 0));
  const bool unpadded = std::all_of(own.begin(), own.end(), [](int64_t p) { return p == 0; });
  return graph.opset() >= 7 && (unpadded || IntAttribute(node, "count_include_pad", 0) != 0);
}

bool Fuse(PatternGraph& graph, int i) {
  const bool average = graph.Is(i, "AveragePool");
  if (!graph.Is(i, "Conv") && !average && !graph.Is(i, "MaxPool")) return false;
  const int pad = graph.Producer(graph.Input(i, 0));
  if (!graph.Is(pad, "Pad") || graph.opset() < 2 || !PadsWithZeros(graph, pad)) return false;
  const auto kernel = KernelOf(graph, i);
  if (!kernel) return false;
  const size_t rank = kernel->size() + 2;
  const auto pads = PadsOf(graph, pad, rank);
  const auto added = pads ? SpatialPads(*pads, rank) : std::nullopt;
  if (!added) return false;

  const std::string mode = StringAttribute(graph.node(i), "auto_pad", "NOTSET");
  const Ints none(2 * kernel->size(), 0);
  const Ints own = IntsAttribute(graph.node(i), "pads").value_or(none);
  if ((mode != "NOTSET" && mode != "VALID") || own.size() != none.size()) return false;
  if (mode == "VALID" && own != none) return false;
  Ints sum = own;
  for (size_t k = 0; k < sum.size(); ++k) {
    constexpr int64_t kLimit = std::numeric_limits<int32_t>::max();
    if (sum[k] < 0 || sum[k] > kLimit || (*added)[k] > kLimit) return false;
    sum[k] += (*added)[k];
  }
  if (!graph.Is(i, "Conv") && !PoolMayPad(graph, i, pad, own, sum, *kernel)) return false;

  onnx::NodeProto node = graph.node(i);
  node.set_input(0, graph.Input(pad, 0));
  DropAttribute(node, "auto_pad");
  PutInts(node, "pads", sum);
  if (average) PutInt(node, "count_include_pad", 1);
  const bool only_reader = graph.OnlyReaderOf(pad) == i;
  graph.Replace(i, std::move(node));
  if (only_reader) graph.Remove(pad);
  return true;
}

}  // namespace

QUANTAB_REGISTER(passes, fuse_pad_conv) {
  r.Add({.name = "fuse_pad_conv",
         .stage = PassStage::kFuse,
         .run = [](Model& model, const PassContext&) { return RewriteNodes(model, Fuse); }});
}

}  // namespace quantab
