#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/error.h"
#include "core/quant/qdq.h"

namespace quantab {

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

const std::vector<RealRange>* QdqMarker::Scan(const std::string& name,
                                              std::optional<int64_t> axis) {
  const auto key = std::make_pair(name, axis.value_or(-1));
  auto found = scans_.find(key);
  if (found == scans_.end()) {
    const onnx::TensorProto& tensor = *edit_.Initializer(name);
    auto ranges = ScanRanges(*BytesOf(edit_.model(), tensor), ShapeOf(tensor), axis);
    if (!ranges) {
      Warn(monitor(), "Tensor '" + name + "' has elements that are not finite; it stays in float.");
    }
    found = scans_.emplace(key, std::move(ranges)).first;
  }
  return found->second ? &*found->second : nullptr;
}

bool QdqMarker::IsQuantizableConstant(const std::string& name) {
  const onnx::TensorProto* tensor = edit_.Initializer(name);
  return tensor != nullptr && TypeOf(*tensor) == DType::kFloat &&
         (marks_.Contains(name) || Scan(name, std::nullopt) != nullptr);
}

int64_t QdqMarker::RankOf(const std::string& name) const {
  return edit_.Initializer(name)->dims_size();
}

bool QdqMarker::IsQuantizable(const std::string& name) {
  if (name.empty()) return false;
  if (IsConstant(name)) return IsQuantizableConstant(name);
  return edit_.TypeOfValue(name) == DType::kFloat;
}

void QdqMarker::MarkActivation(const std::string& name) {
  if (IsQuantizable(name) && !marks_.Contains(name)) marks_.Set(name, {});
}

void QdqMarker::MarkWeight(const std::string& name) {
  if (IsQuantizable(name) && !marks_.Contains(name)) {
    marks_.Set(name, {QdqMark::Kind::kWeight, {}, {}});
  }
}

void QdqMarker::MarkWeight(const std::string& name, int64_t axis) {
  if (!options().per_channel || !IsConstant(name) || axis < 0 || axis >= RankOf(name)) {
    MarkWeight(name);
    return;
  }
  const onnx::TensorProto& tensor = *edit_.Initializer(name);
  if (TypeOf(tensor) == DType::kFloat && Scan(name, axis) != nullptr) {
    marks_.Set(name, {QdqMark::Kind::kWeight, axis, {}});
  }
}

void QdqMarker::MarkSameAs(const std::string& output, const std::string& input) {
  if (IsQuantizable(output)) marks_.Set(output, {QdqMark::Kind::kActivation, {}, input});
}

void QdqMarker::MarkBias(onnx::NodeProto& node, int index, const std::string& input,
                         const std::string& weight, float beta) {
  if (node.input_size() <= index) return;
  std::string name = node.input(index);
  const onnx::TensorProto* tensor = edit_.Initializer(name);
  if (tensor == nullptr || TypeOf(*tensor) != DType::kFloat) return;
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

bool QdqMarker::Absorb(const onnx::NodeProto& node) {
  // Copies, as the node goes.
  const auto [input, output] = std::pair(node.input(0), node.output(0));
  onnx::NodeProto* producer = edit_.Producer(input);
  if (producer == nullptr || !ranges().ranges.contains(input) ||
      !ranges().ranges.contains(output) || edit_.CountReaders(input) != 1 ||
      edit_.IsGraphOutput(input) || edit_.IsGraphInput(input)) {
    return false;
  }
  edit_.RemoveNode(node);
  edit_.ReplaceOutput(*producer, input, output);
  marks_.Erase(input);
  return true;
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
    marker.MarkSameAs(node.output(0), input);
  }
}

}  // namespace quantab
