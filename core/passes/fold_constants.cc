// Computes now what depends on constants only.
//   before:  constant -> Op -> y -> Op        x [2,3] -> Shape -> y -> Op
//   after:   initializer y -> Op              initializer y -> Op
// Needs: an operator of ai.onnx that is neither random nor recurrent, has no window and no graphs
// inside; y is no output of the graph. QuantizeLinear and DequantizeLinear stay: they are how a
// quantized weight is written.
// Bounds: what is small is computed at once; what is large only by operators that move or convert
// elements, and later, when somebody reads it. The weights grow by no more than they are, or by
// 16 MiB.
#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/base/error.h"
#include "core/graph/graph_edit.h"
#include "core/passes/aliases.h"
#include "core/passes/fold_node.h"
#include "core/passes/pass.h"

namespace quantab {
namespace {

constexpr uint64_t kSmall = uint64_t{64} << 10;       // bytes of outputs computed at once
constexpr uint64_t kFreeGrowth = uint64_t{16} << 20;  // bytes
constexpr double kMostWork = 1e11;                    // bytes read times bytes made

constexpr std::array<std::string_view, 17> kNeverFolded = {"Constant",
                                                           "RandomNormal",
                                                           "RandomNormalLike",
                                                           "RandomUniform",
                                                           "RandomUniformLike",
                                                           "Multinomial",
                                                           "Bernoulli",
                                                           "Dropout",
                                                           "QuantizeLinear",
                                                           "DequantizeLinear",
                                                           "DynamicQuantizeLinear",
                                                           "Einsum",
                                                           "LSTM",
                                                           "GRU",
                                                           "RNN",
                                                           "Resize",
                                                           "Upsample"};

// Whether the time that a node takes may have nothing to do with the sizes of what it reads and
// makes, because attributes give the size of a window.
bool HasWindow(const std::string& op_type) {
  return op_type.find("Conv") != std::string::npos || op_type.find("Pool") != std::string::npos;
}

// Operators whose results may be large: they take time in proportion to what they read and make.
constexpr std::array<std::string_view, 14> kMovers = {
    "Transpose", "Cast", "Concat", "Slice", "Gather", "Add",   "Sub",
    "Mul",       "Div",  "Neg",    "Split", "Pow",    "Where", "Sqrt"};

// Operators that give the elements of their first input another shape.
constexpr std::array<std::string_view, 5> kReshapers = {"Reshape", "Squeeze", "Unsqueeze",
                                                        "Flatten", "Identity"};

bool IsOneOf(const auto& list, const std::string& op_type) {
  return std::find(list.begin(), list.end(), op_type) != list.end();
}

uint64_t BytesOfTensor(const onnx::TensorProto& tensor) {
  const auto bits = static_cast<uint64_t>(BitsOf(TypeOf(tensor)));
  const int64_t count = CheckedElementCount(ShapeOf(tensor)).value_or(0);
  return static_cast<uint64_t>(count) / 8 * bits + bits;
}

uint64_t BytesOfWeights(const Model& model) {
  uint64_t bytes = 0;
  for (const Weight& weight : model.weights) bytes += weight.bytes->size();
  return bytes;
}

class Folder {
 public:
  Folder(Model& model, Monitor* monitor)
      : model_(model),
        monitor_(monitor),
        growth_left_(std::max(kFreeGrowth, BytesOfWeights(model))) {}

  bool FoldIn(onnx::GraphProto& graph, const PatternGraph& pattern) {
    folded_.clear();
    new_.clear();
    own_.clear();
    for (const auto& tensor : graph.initializer()) own_.insert(tensor.name());
    int count = 0;
    for (int i = 0; i < pattern.size(); ++i) {
      CheckCancelled(monitor_);
      if (!FoldShape(pattern, i) && !FoldNode(pattern, i)) continue;
      graph.mutable_node(i)->clear_op_type();
      ++count;
    }
    if (count == 0) return false;
    for (onnx::TensorProto& tensor : new_) *graph.add_initializer() = std::move(tensor);
    EraseFrom(*graph.mutable_node(), [](const auto& node) { return node.op_type().empty(); });
    EraseFrom(*graph.mutable_value_info(),
              [&](const auto& info) { return folded_.contains(info.name()); });
    return true;
  }

 private:
  const onnx::TensorProto* ConstantOf(const PatternGraph& pattern, const std::string& value) const {
    const auto at = folded_.find(value);
    return at == folded_.end() ? pattern.Constant(value) : &new_[at->second];
  }

  bool GivesOutput(const PatternGraph& pattern, int i) const {
    bool any = false;
    for (const std::string& output : pattern.node(i).output()) {
      any = any || (!output.empty() && pattern.IsOutput(output));
    }
    return any;
  }

  // Shape and Size of a value whose dimensions are known; its elements need not be.
  bool FoldShape(const PatternGraph& pattern, int i) {
    const bool size = pattern.Is(i, "Size");
    if (!size && !pattern.Is(i, "Shape")) return false;
    const std::string& output = pattern.Output(i);
    const auto dims = pattern.ShapeOfValue(pattern.Input(i, 0));
    if (!dims || output.empty() || pattern.IsOutput(output)) return false;
    const auto rank = static_cast<int64_t>(dims->size());
    const auto bound = [&](const char* name, int64_t otherwise) {
      const int64_t at = IntAttribute(pattern.node(i), name, otherwise);
      return std::clamp<int64_t>(at < 0 ? std::max(at, -rank) + rank : at, 0, rank);
    };
    const int64_t start = size ? 0 : bound("start", 0);
    const int64_t end = size ? rank : std::max(start, bound("end", rank));
    Shape wanted(dims->begin() + start, dims->begin() + end);
    if (std::any_of(wanted.begin(), wanted.end(), [](int64_t dim) { return dim < 0; }))
      return false;
    onnx::TensorProto tensor;
    tensor.set_data_type(onnx::TensorProto::INT64);
    if (size) {
      const std::optional<int64_t> count = CheckedElementCount(wanted);
      if (!count) return false;
      wanted = {*count};
    } else {
      tensor.add_dims(static_cast<int64_t>(wanted.size()));
    }
    const auto bytes = std::as_bytes(std::span(wanted));
    tensor.set_raw_data(bytes.data(), bytes.size());
    Add(std::move(tensor), output);
    return true;
  }

  bool IsCandidate(const PatternGraph& pattern, int i) const {
    const onnx::NodeProto& node = pattern.node(i);
    if (!pattern.Is(i, node.op_type()) || IsOneOf(kNeverFolded, node.op_type())) return false;
    if (HasWindow(node.op_type()) || GivesOutput(pattern, i)) return false;
    bool reads = false;
    for (const std::string& input : node.input()) {
      if (input.empty()) continue;
      reads = true;
      if (ConstantOf(pattern, input) == nullptr) return false;
    }
    bool has_graphs = false;
    ForEachSubgraph(node, [&](const onnx::GraphProto&) { has_graphs = true; });
    return reads && !has_graphs;
  }

  bool FoldNode(const PatternGraph& pattern, int i) {
    if (!IsCandidate(pattern, i)) return false;
    const onnx::NodeProto& node = pattern.node(i);
    try {
      const auto constant_of = [&](const std::string& value) { return ConstantOf(pattern, value); };
      const FoldableNode foldable(model_, node, constant_of, monitor_);
      const auto outputs = foldable.Outputs();
      if (!outputs || outputs->empty()) return false;
      return IsReshaper(pattern, i) ? ShareBytes(pattern, i, *outputs)
                                    : Compute(pattern, i, foldable, *outputs);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled) throw;
      return false;  // it fails, if it must, when the model runs
    }
  }

  bool IsReshaper(const PatternGraph& pattern, int i) const {
    return IsOneOf(kReshapers, pattern.node(i).op_type()) && !pattern.Input(i, 0).empty();
  }

  bool ShareBytes(const PatternGraph& pattern, int i, const std::vector<FoldableOutput>& outputs) {
    const onnx::TensorProto& input = *ConstantOf(pattern, pattern.Input(i, 0));
    if (TypeOf(input) != outputs[0].type || outputs.size() != 1) return false;
    BlobPtr bytes = BytesOf(model_, input);
    if (bytes->size() != outputs[0].bytes || !Grow(pattern, i, outputs)) return false;
    AddBytes(outputs[0], std::move(bytes));
    return true;
  }

  bool Compute(const PatternGraph& pattern, int i, const FoldableNode& foldable,
               const std::vector<FoldableOutput>& outputs) {
    uint64_t most = 0;
    double made = 0;
    double read = 0;
    for (const FoldableOutput& output : outputs) {
      most = std::max(most, output.bytes);
      made += static_cast<double>(output.bytes);
    }
    for (const std::string& input : pattern.node(i).input()) {
      if (!input.empty()) read += static_cast<double>(BytesOfTensor(*ConstantOf(pattern, input)));
    }
    const bool mover = IsOneOf(kMovers, pattern.node(i).op_type());
    if (most > kSmall && !mover) return false;
    if (!mover && made * read > kMostWork) return false;
    if (!Grow(pattern, i, outputs)) return false;
    if (most > kSmall) {
      for (size_t k = 0; k < outputs.size(); ++k) {
        AddBytes(outputs[k], foldable.ComputedLater(outputs, k));
      }
      return true;
    }
    const std::vector<Tensor> tensors = foldable.Compute(outputs);
    for (size_t k = 0; k < outputs.size(); ++k) {
      const auto bytes = std::span(tensors[k].raw(), tensors[k].bytes());
      AddBytes(outputs[k], MakeMemoryBlob({bytes.begin(), bytes.end()}));
    }
    return true;
  }

  // Takes what the outputs add to the model from what it may grow by; false where that is too much.
  bool Grow(const PatternGraph& pattern, int i, const std::vector<FoldableOutput>& outputs) {
    uint64_t added = 0;
    uint64_t freed = 0;
    for (const FoldableOutput& output : outputs) added += output.bytes;
    for (const std::string& input : pattern.node(i).input()) {
      const bool here = own_.contains(input) || folded_.contains(input);
      if (!here || pattern.OnlyReader(input) != i) continue;
      freed += BytesOfTensor(*ConstantOf(pattern, input));
    }
    const uint64_t growth = added - std::min(added, freed);
    if (growth > growth_left_) return false;
    growth_left_ -= growth;
    return true;
  }

  void AddBytes(const FoldableOutput& output, BlobPtr bytes) {
    onnx::TensorProto tensor;
    tensor.set_data_type(static_cast<int32_t>(output.type));
    tensor.mutable_dims()->Add(output.dims.begin(), output.dims.end());
    tensor.set_name(output.name);
    SetBytes(model_, tensor, std::move(bytes));
    Add(std::move(tensor), output.name);
  }

  void Add(onnx::TensorProto tensor, const std::string& name) {
    tensor.set_name(name);
    folded_[name] = new_.size();
    new_.push_back(std::move(tensor));
  }

  Model& model_;
  Monitor* monitor_;
  uint64_t growth_left_;
  std::vector<onnx::TensorProto> new_;
  std::unordered_map<std::string, size_t> folded_;  // index into new_
  std::unordered_set<std::string> own_;             // initializers of the graph
};

// Before, every initializer had to be an input too.
constexpr int64_t kFirstWithFreeInitializers = 4;

bool FoldConstants(Model& model, const PassContext& context) {
  if (model.proto.ir_version() < kFirstWithFreeInitializers) return false;
  Folder folder(model, context.monitor);
  return VisitGraphs(model, [&](onnx::GraphProto& graph, const PatternGraph& pattern) {
    return folder.FoldIn(graph, pattern);
  });
}

}  // namespace

QUANTAB_REGISTER(passes, fold_constants) {
  r.Add({.name = "fold_constants", .stage = PassStage::kFold, .run = FoldConstants});
}

}  // namespace quantab
