#include "core/passes/fold_node.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "core/base/error.h"
#include "core/exec/session.h"
#include "core/onnx/official.h"

namespace quantab {
namespace {

constexpr int64_t kIrVersion = 8;

std::vector<Tensor> Run(const Model& model, const std::vector<FoldableOutput>& expected,
                        Monitor* monitor) {
  QuietMonitor quiet(monitor);
  SessionOptions options;
  options.lower = false;
  options.reproducible = true;
  options.monitor = &quiet;
  Session session(model, options);
  const TensorMap made = session.Run({}, nullptr, &quiet);
  std::vector<Tensor> tensors;
  for (const FoldableOutput& output : expected) {
    const auto at = made.find(output.name);
    if (at == made.end() || at->second.dtype() != output.type ||
        at->second.shape() != output.dims) {
      ThrowInternal("Value '" + Shorten(output.name) + "' has not the type and shape it should.");
    }
    tensors.push_back(at->second);
  }
  return tensors;
}

// Bytes of a late tensor that are kept: who looks for equal ones looks at the first.
constexpr size_t kKept = 4096;

// One output of a node, in memory only while it is being read.
class LateTensor {
 public:
  LateTensor(Model model, FoldableOutput output)
      : model_(std::move(model)), output_(std::move(output)) {}

  static void Read(const std::shared_ptr<LateTensor>& self, uint64_t offset,
                   std::span<std::byte> out) {
    if (out.empty()) return;
    if (offset + out.size() <= self->first_.size()) {
      std::memcpy(out.data(), self->first_.data() + offset, out.size());
      return;
    }
    std::weak_ptr<LateTensor>& holder = Holder();
    if (const auto other = holder.lock(); other != nullptr && other != self) other->held_ = {};
    if (!self->held_.exists()) self->held_ = Run(self->model_, {self->output_}, nullptr)[0];
    holder = self;
    const auto first = std::span(self->held_.raw(), std::min(self->held_.bytes(), kKept));
    self->first_.assign(first.begin(), first.end());
    std::memcpy(out.data(), self->held_.raw() + static_cast<size_t>(offset), out.size());
    if (offset + out.size() == self->output_.bytes) self->held_ = {};
  }

 private:
  // The one that holds its elements, if any.
  static std::weak_ptr<LateTensor>& Holder() {
    static thread_local std::weak_ptr<LateTensor> holder;
    return holder;
  }

  Model model_;
  FoldableOutput output_;
  Tensor held_;
  std::vector<std::byte> first_;
};

}  // namespace

FoldableNode::FoldableNode(
    const Model& model, const onnx::NodeProto& node,
    const std::function<const onnx::TensorProto*(const std::string&)>& constant_of,
    Monitor* monitor)
    : monitor_(monitor) {
  model_.name = model.name;
  model_.weights = model.weights;
  model_.proto.set_ir_version(kIrVersion);
  *model_.proto.mutable_opset_import() = model.proto.opset_import();
  onnx::GraphProto& graph = *model_.proto.mutable_graph();
  graph.set_name("fold");
  *graph.add_node() = node;
  for (int i = 0; i < node.input_size(); ++i) {
    const std::string& input = node.input(i);
    bool known = input.empty();
    for (int k = 0; k < i; ++k) known = known || node.input(k) == input;
    if (known) continue;
    onnx::TensorProto& tensor = *graph.add_initializer();
    tensor = *constant_of(input);
    tensor.set_name(input);
  }
  for (const std::string& output : node.output()) {
    if (!output.empty()) graph.add_output()->set_name(output);
  }
  CollectWeights(model_);
}

std::optional<std::vector<FoldableOutput>> FoldableNode::Outputs() const {
  Model inferred = model_;
  if (InferShapes(inferred, monitor_)) return std::nullopt;
  std::vector<FoldableOutput> outputs;
  for (const onnx::ValueInfoProto& info : inferred.proto.graph().output()) {
    if (!info.type().has_tensor_type() || !info.type().tensor_type().has_shape()) {
      return std::nullopt;
    }
    FoldableOutput output;
    output.name = info.name();
    output.type = static_cast<DType>(info.type().tensor_type().elem_type());
    for (const auto& dim : info.type().tensor_type().shape().dim()) {
      if (!dim.has_dim_value()) return std::nullopt;
      output.dims.push_back(dim.dim_value());
    }
    const std::optional<int64_t> count = CheckedElementCount(output.dims);
    const int bits = BitsOf(output.type);
    if (!count || bits == 0 || *count > INT64_MAX / 64) return std::nullopt;
    output.bytes = (static_cast<uint64_t>(*count) * static_cast<unsigned>(bits) + 7) / 8;
    outputs.push_back(std::move(output));
  }
  return outputs;
}

std::vector<Tensor> FoldableNode::Compute(const std::vector<FoldableOutput>& expected) const {
  return Run(model_, expected, monitor_);
}

BlobPtr FoldableNode::ComputedLater(const std::vector<FoldableOutput>& expected,
                                    size_t index) const {
  const auto tensor = std::make_shared<LateTensor>(model_, expected[index]);
  return MakeComputedBlob(expected[index].bytes,
                          [tensor](uint64_t offset, std::span<std::byte> out) {
                            LateTensor::Read(tensor, offset, out);
                          });
}

}  // namespace quantab
