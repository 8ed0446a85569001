#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/error.h"
#include "core/quant/qdq.h"

namespace quantab {
namespace {

// Scales that a constant without elements may have.
constexpr int64_t kMostEmptyChannels = 1 << 16;

}  // namespace

const QdqMark* QdqMarks::Find(const std::string& name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &marks_.at(found->second).second;
}

void QdqMarks::Set(const std::string& name, QdqMark mark) {
  const auto [entry, added] = index_.emplace(name, next_);
  if (added) ++next_;
  marks_[entry->second] = {name, std::move(mark)};
}

void QdqMarks::Erase(const std::string& name) {
  const auto found = index_.find(name);
  if (found == index_.end()) return;
  marks_.erase(found->second);
  index_.erase(found);
}

std::vector<std::string> QdqMarks::Names() const {
  std::vector<std::string> names;
  for (const auto& [order, entry] : marks_) names.push_back(entry.first);
  return names;
}

QdqMarker::QdqMarker(GraphEdit& edit, const QuantRequest& request)
    : edit_(edit), request_(request), opset_(OpsetVersion(edit.model().proto)) {
  for (const auto& node : edit_.graph().node()) {
    if (!selection().Excluded(node)) continue;
    for (const std::string& input : node.input()) {
      if (IsConstant(input)) excluded_reads_.insert(input);
    }
  }
}

const std::vector<RealRange>* QdqMarker::Scan(const std::string& name, std::optional<int64_t> axis,
                                              int64_t block_size) {
  const auto key = std::make_tuple(name, axis.value_or(-1), block_size);
  auto found = scans_.find(key);
  if (found == scans_.end()) {
    const onnx::TensorProto& tensor = *edit_.Initializer(name);
    auto ranges = ScanRanges(*BytesOf(edit_.model(), tensor), ShapeOf(tensor), axis, RealOf(name),
                             block_size);
    if (!ranges) {
      Warn(monitor(), "Tensor '" + name + "' has elements that are not finite; it stays in float.");
    }
    found = scans_.emplace(key, std::move(ranges)).first;
  }
  return found->second ? &*found->second : nullptr;
}

DType QdqMarker::RealOf(const std::string& name) const {
  return edit_.TypeOfValue(name) == DType::kFloat16 ? DType::kFloat16 : DType::kFloat;
}

bool QdqMarker::IsQuantizableConstant(const std::string& name) {
  const onnx::TensorProto* tensor = edit_.Initializer(name);
  return tensor != nullptr && IsReal(TypeOf(*tensor)) &&
         (marks_.Contains(name) || Scan(name, std::nullopt) != nullptr);
}

int64_t QdqMarker::RankOf(const std::string& name) const {
  return edit_.Initializer(name)->dims_size();
}

bool QdqMarker::IsQuantizable(const std::string& name) {
  if (name.empty()) return false;
  if (IsConstant(name)) return IsQuantizableConstant(name);
  DType type = edit_.TypeOfValue(name);
  if (type == DType::kUndefined) {
    type = static_cast<DType>(options().default_tensor_type.value_or(0));
    if (type == DType::kUndefined && untyped_.insert(name).second) {
      Warn(monitor(), "Tensor '" + name +
                          "' stays as it is: its type could not be inferred. If it is float32, set "
                          "'default_tensor_type' to 1.");
    }
  }
  return IsReal(type);
}

std::optional<int64_t> QdqMarker::AxisOf(const std::string& name, std::optional<int64_t> axis,
                                         const std::string& op_type) const {
  const onnx::TensorProto* tensor = edit_.Initializer(name);
  if (tensor == nullptr) return std::nullopt;
  if (const std::vector<TensorQuantOverride>* entries = Overrides(name)) {
    axis = (*entries)[0].axis;
  } else if (!options().per_channel) {
    return std::nullopt;
  } else {
    const auto& axes = options().qdq_op_type_per_channel_support_to_axis;
    const auto found = axes.find(op_type);
    if (found != axes.end()) axis = found->second;
  }
  if (axis) axis = NormalizedAxis(*axis, RankOf(name));
  // No elements, and perhaps no end of scales for them.
  if (axis && ElementCount(ShapeOf(*tensor)) == 0 &&
      tensor->dims(static_cast<int>(*axis)) > kMostEmptyChannels) {
    return std::nullopt;
  }
  return axis;
}

void QdqMarker::Mark(const std::string& name, QdqMark mark) {
  // Without overrides this is a no, since an operand like activations has no axis.
  if (!mark.axis && Overrides(name) != nullptr) mark.axis = AxisOf(name, std::nullopt, "");
  if (mark.axis && Scan(name, mark.axis) == nullptr) return;
  marks_.Set(name, std::move(mark));
}

void QdqMarker::MarkActivation(const std::string& name) {
  if (!marks_.Contains(name) && IsQuantizable(name)) Mark(name, {});
}

void QdqMarker::MarkWeight(const std::string& name, std::optional<int64_t> axis,
                           const std::string& op_type) {
  axis = AxisOf(name, axis, op_type);
  if (!axis) {
    if (!marks_.Contains(name) && IsQuantizable(name)) {
      Mark(name, {.kind = QdqMark::Kind::kWeight});
    }
    return;
  }
  if (IsReal(TypeOf(*edit_.Initializer(name)))) {
    Mark(name, {.kind = QdqMark::Kind::kWeight, .axis = axis});
  }
}

void QdqMarker::MarkSameAs(const std::string& output, const std::string& input,
                           const onnx::NodeProto& node) {
  if (!IsQuantizable(output)) return;
  const std::vector<TensorQuantOverride>* entries = Overrides(output);
  if (entries != nullptr && ((*entries)[0].quant_type || (*entries)[0].scale ||
                             (*entries)[0].rmin || (*entries)[0].rmax || (*entries)[0].symmetric)) {
    Warn(monitor(), "The override of '" + output + "' does not count: it has the parameters of '" +
                        input + "'.");
  }
  marks_.Set(output, {.same_as = input, .reader = &node});
}

void QdqMarker::MarkBias(onnx::NodeProto& node, int index, const std::string& input,
                         const std::string& weight, float beta) {
  if (node.input_size() <= index) return;
  std::string name = node.input(index);
  if (Overrides(name) != nullptr) {
    MarkWeight(name, std::nullopt);
    return;
  }
  const onnx::TensorProto* tensor = edit_.Initializer(name);
  if (tensor == nullptr || !IsReal(TypeOf(*tensor))) return;
  // An excluded node keeps the original; so does the first of several that share it.
  if (biases_.contains(name) || excluded_reads_.contains(name)) {
    name = CopyBias(*tensor);
    edit_.SetInput(node, index, name);
  }
  biases_[name] = {&node, input, weight, beta};
  bias_order_.push_back(name);
}

std::string QdqMarker::CopyBias(const onnx::TensorProto& bias) {
  // The first free number after those in use: b -> b0, b1, ...
  int64_t largest = -1;
  for (const auto& tensor : edit_.graph().initializer()) {
    if (!tensor.name().starts_with(bias.name())) continue;
    const std::string rest = tensor.name().substr(bias.name().size());
    if (rest.empty() || rest.size() > 9 ||
        !std::all_of(rest.begin(), rest.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      continue;
    }
    largest = std::max<int64_t>(largest, std::stoll(rest));
  }
  onnx::TensorProto copy = bias;
  copy.set_name(edit_.FreshValue(bias.name() + std::to_string(largest + 1)));
  return edit_.AddInitializer(std::move(copy)).name();
}

bool QdqMarker::KeepsOutput(const onnx::NodeProto& node) const {
  const auto& types = options().op_types_to_exclude_output_quantization;
  return std::find(types.begin(), types.end(), node.op_type()) != types.end();
}

void QdqMarker::MarkOutputs(const onnx::NodeProto& node) {
  if (KeepsOutput(node)) return;
  for (const std::string& output : node.output()) MarkActivation(output);
}

bool QdqMarker::CutsOff(const onnx::NodeProto& node) const {
  if (options().activation_symmetric) return false;
  QuantType type = options().activation_type;
  if (const std::vector<TensorQuantOverride>* entries = Overrides(node.output(0))) {
    const TensorQuantOverride& entry = (*entries)[0];
    type = entry.quant_type.value_or(type);
    if (entry.convert || entry.symmetric.value_or(false)) return false;
    // Where the range is given, it need not end where the operator cuts off.
    const bool relu = node.op_type() == "Relu";
    if ((entry.rmin || entry.rmax) && !(relu && entry.rmin.value_or(0) >= 0)) return false;
    if (entry.zero_point &&
        !(relu && type != QuantType::kQFloat8E4M3FN &&
          *entry.zero_point == QRangeOf(DTypeOfQuantType(type), false, false).min)) {
      return false;
    }
  }
  return type != QuantType::kQFloat8E4M3FN;
}

bool QdqMarker::Absorb(const onnx::NodeProto& node) {
  if (!CutsOff(node)) return false;
  // Copies, as the node goes.
  const auto [input, output] = std::pair(node.input(0), node.output(0));
  const std::vector<TensorQuantOverride>* entries = Overrides(input);
  onnx::NodeProto* producer = edit_.Producer(input);
  if (producer == nullptr || (entries != nullptr && (*entries)[0].convert) ||
      !ranges().ranges.contains(input) || !ranges().ranges.contains(output) ||
      edit_.CountReaders(input) != 1 || edit_.IsGraphOutput(input) || edit_.IsGraphInput(input)) {
    return false;
  }
  edit_.RemoveNode(node);
  edit_.ReplaceOutput(*producer, input, output);
  marks_.Erase(input);
  return true;
}

const std::string& NodeInput(const onnx::NodeProto& node, int index) {
  static const std::string none;
  return index < node.input_size() ? node.input(index) : none;
}

void MarkAll(QdqMarker& marker, onnx::NodeProto& node) {
  for (const std::string& input : node.input()) marker.MarkActivation(input);
  marker.MarkOutputs(node);
}

void MarkPassThrough(QdqMarker& marker, onnx::NodeProto& node) {
  if (node.input_size() == 0 || node.output_size() == 0) return;
  const std::string& input = node.input(0);
  const bool forced = marker.options().force_quantize_no_input_check;
  if (forced) marker.MarkActivation(input);
  if ((forced || marker.IsMarked(input)) && !marker.KeepsOutput(node)) {
    marker.MarkSameAs(node.output(0), input, node);
  }
}

}  // namespace quantab
