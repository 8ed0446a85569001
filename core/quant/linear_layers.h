// The layers of a graph that multiply an activation with constant weights: Conv, MatMul and Gemm.
// Steps before quantization move factors between them and their neighbours.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/graph/graph_edit.h"

namespace quantab {

struct LinearLayer {
  onnx::NodeProto* node = nullptr;
  std::string input;             // the activation
  std::string weight;            // a float32 constant
  int64_t activation_axis = -1;  // of the input's and the output's channels: 1 for Conv, else -1
  // Axes of the weight; with groups, each group has in_channels / group entries along in_axis.
  int64_t in_axis = 0, out_axis = 1;
  int64_t in_channels = 0, out_channels = 0;
  int64_t group = 1;

  int weight_index() const { return 1; }
  // The input index of the bias; MatMul has none.
  int bias_index() const { return node->op_type() == "MatMul" ? -1 : 2; }
};

// Those of the main graph for which `wanted` holds, in file order. MatMul and Gemm with weights of
// rank 2, Gemm without transA and with alpha 1.
std::vector<LinearLayer> FindLinearLayers(
    GraphEdit& edit, const std::function<bool(const onnx::NodeProto&)>& wanted);

// Whether `name` is a constant that nobody can replace when the model runs. Before IR version 4
// every initializer had to be a graph input too.
bool IsFixed(const GraphEdit& edit, const std::string& name);

// For each activation of `layers` the axis of its channels; those that layers see differently are
// left out.
std::map<std::string, int64_t> ActivationAxes(const std::vector<LinearLayer>& layers);

// Calls `visit(in_channel, out_channel, elements)` for the runs of equal channels of a layer's
// weight, front to back; `elements` is valid during the call.
void ForEachWeightRun(
    const LinearLayer& layer, const Shape& shape, const Blob& bytes,
    const std::function<void(int64_t in, int64_t out, std::span<const float>)>& visit);

// `source`, float32 of `shape`, with each element multiplied by the factor of its channel along
// `axis`. With `group` > 1 the factors are those of the groups one after another, and groups
// divide axis 0.
BlobPtr ScaledBlob(BlobPtr source, Shape shape, int64_t axis, int64_t group,
                   std::vector<float> factors);

// Gives a node's constant input other elements, of the same type and shape. Where others read it
// too, the node gets a constant of its own, named with `suffix`.
void ReplaceConstant(GraphEdit& edit, onnx::NodeProto& node, int index, const std::string& suffix,
                     BlobPtr bytes);

}  // namespace quantab
