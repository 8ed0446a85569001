// QDQ quantization: the graph keeps its float operators, with QuantizeLinear and DequantizeLinear
// around the tensors that shall be integers. Rules mark tensors through QdqMarker; QdqQuantizer
// then inserts the pairs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/graph/graph_edit.h"
#include "core/quant/overrides.h"
#include "core/quant/request.h"
#include "core/quant/weight.h"

namespace quantab {

// How a marked tensor is quantized.
struct QdqMark {
  enum class Kind { kActivation, kWeight };
  Kind kind = Kind::kActivation;
  std::optional<int64_t> axis = {};  // of a constant that is quantized per channel
  // Not empty: use the parameters of this tensor, as `reader` sees it.
  std::string same_as = {};
  const onnx::NodeProto* reader = nullptr;
};

// A bias to be stored as int32 with scale input_scale * weight_scale.
struct BiasMark {
  onnx::NodeProto* node = nullptr;
  std::string input, weight;
  float beta = 1;  // the node's, which is multiplied into the bias once and for all
};

// Marks in the order they were made; marking again keeps the place.
class QdqMarks {
 public:
  bool Contains(const std::string& name) const { return index_.contains(name); }
  const QdqMark* Find(const std::string& name) const;
  void Set(const std::string& name, QdqMark mark);
  void Erase(const std::string& name);
  // Names, oldest first.
  std::vector<std::string> Names() const;

 private:
  std::map<uint64_t, std::pair<std::string, QdqMark>> marks_;
  std::unordered_map<std::string, uint64_t> index_;
  uint64_t next_ = 0;
};

// What a rule sees: the graph, the options, and tensors to be marked.
class QdqMarker {
 public:
  QdqMarker(GraphEdit& edit, const QuantRequest& request);

  const StaticOptions& options() const { return request_.options; }
  const Selection& selection() const { return request_.selection; }
  const TensorRanges& ranges() const { return request_.ranges; }
  Monitor* monitor() const { return request_.monitor; }
  GraphEdit& edit() { return edit_; }
  int64_t opset() const { return opset_; }

  bool IsConstant(const std::string& name) const { return edit_.Initializer(name) != nullptr; }
  // A float32 or float16 constant that can be quantized; one with NaN or infinity cannot.
  bool IsQuantizableConstant(const std::string& name);
  // Rank of a constant.
  int64_t RankOf(const std::string& name) const;

  // Whether a tensor has been marked, as a bias too.
  bool IsMarked(const std::string& name) const {
    return marks_.Contains(name) || biases_.contains(name);
  }

  // These do nothing for tensors that are neither float32 nor float16.
  void MarkActivation(const std::string& name);
  // A constant gets one scale for each index along `axis` where options().per_channel is on and it
  // has that axis; options().qdq_op_type_per_channel_support_to_axis of `op_type` goes before
  // `axis`, and an override of the tensor before both.
  void MarkWeight(const std::string& name, std::optional<int64_t> axis,
                  const std::string& op_type = "");
  // Use the parameters of `input`, which `node` reads, for its output `output`.
  void MarkSameAs(const std::string& output, const std::string& input, const onnx::NodeProto& node);
  // Marks input `index` of `node` as the bias beside its inputs `input` and `weight`, if constant.
  // A second node that reads the same bias gets a copy of its own. A bias with overrides is a
  // weight instead.
  void MarkBias(onnx::NodeProto& node, int index, const std::string& input,
                const std::string& weight, float beta = 1);

  // Whether outputs of this node shall stay in float.
  bool KeepsOutput(const onnx::NodeProto& node) const;
  // Marks a node's outputs as activations, unless KeepsOutput.
  void MarkOutputs(const onnx::NodeProto& node);

  // Removes `node`, a Relu or Clip, and lets the node before it make its output, whose range is
  // cut off where the operator would. False where the output's type or parameters do not cut off,
  // where somebody else needs the input, or an output has no range.
  bool Absorb(const onnx::NodeProto& node);

  // For the quantizer.
  QdqMarks& marks() { return marks_; }
  std::map<std::string, BiasMark>& biases() { return biases_; }
  const std::vector<std::string>& bias_order() const { return bias_order_; }
  // The ranges of a constant's groups of elements (see WeightGroups), read once. nullptr when an
  // element is not finite.
  const std::vector<RealRange>* Scan(const std::string& name, std::optional<int64_t> axis,
                                     int64_t block_size = 0);
  // float16 for tensors of that type, else float32.
  DType RealOf(const std::string& name) const;
  // The overrides of a tensor, or nullptr.
  const std::vector<TensorQuantOverride>* Overrides(const std::string& name) const {
    return FindOverrides(options().tensor_quant_overrides, name);
  }

 private:
  bool IsQuantizable(const std::string& name);
  void Mark(const std::string& name, QdqMark mark);
  std::optional<int64_t> AxisOf(const std::string& name, std::optional<int64_t> axis,
                                const std::string& op_type) const;
  bool CutsOff(const onnx::NodeProto& node) const;
  std::string CopyBias(const onnx::TensorProto& bias);

  GraphEdit& edit_;
  const QuantRequest& request_;
  int64_t opset_;
  QdqMarks marks_;
  std::map<std::string, BiasMark> biases_;
  std::vector<std::string> bias_order_;
  std::unordered_set<std::string> excluded_reads_;  // constants that excluded nodes read
  std::unordered_set<std::string> untyped_;         // those a warning names already
  std::map<std::tuple<std::string, int64_t, int64_t>, std::optional<std::vector<RealRange>>> scans_;
};

// Input `index` of a node; empty where it has none.
const std::string& NodeInput(const onnx::NodeProto& node, int index);

// The general rule: every float input and output is an activation.
void MarkAll(QdqMarker& marker, onnx::NodeProto& node);
// The rule of operators that only move data: the output has the input's parameters, where the input
// is marked or options().force_quantize_no_input_check.
void MarkPassThrough(QdqMarker& marker, onnx::NodeProto& node);

// Quantizes request.model.
Model QuantizeQdq(const QuantRequest& request);

}  // namespace quantab
