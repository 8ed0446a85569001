// A graph as passes that look for patterns see it: who makes and who reads a value, which values
// are constant and what they are, kept up to date through edits. Graphs inside graphs see what is
// around them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/graph/pattern_view.h"

namespace quantab {

class PatternGraph final : public PatternView {
 public:
  // `names` holds every value's name of the model once somebody needs a fresh one.
  PatternGraph(Model& model, onnx::GraphProto& graph, const PatternGraph* outer,
               std::unordered_set<std::string>& names);

  // The version of ai.onnx that the model imports.
  int64_t opset() const { return opset_; }

  // Nodes keep their index until Finish(); the index of a removed one is that of no operator.
  int size() const { return graph_.node_size(); }
  const onnx::NodeProto& node(int i) const override { return graph_.node(i); }

  // The node of this graph that makes `value`, or -1.
  int Producer(const std::string& value) const override;
  // How often it is read: each input that names it counts, and each node whose subgraphs capture
  // it.
  size_t CountReads(const std::string& value) const;
  bool IsOutput(const std::string& value) const { return outputs_.contains(value); }
  int OnlyReader(const std::string& value) const override;
  bool IsReadOnlyBy(const std::string& value, const std::vector<int>& nodes) const override;

  // An initializer of this graph or one around it that no caller can replace, or nullptr.
  const onnx::TensorProto* Constant(const std::string& value) const;
  // The elements of a constant.
  BlobPtr ConstantBytes(const std::string& value) const;
  // The numbers of a constant of at most `limit` elements, of any of the common number types.
  std::optional<std::vector<double>> Numbers(const std::string& value, int64_t limit) const;
  std::optional<double> Scalar(const std::string& value) const override;
  // The elements of an int64 (or int32) constant of one dimension, of at most `limit` elements.
  std::optional<std::vector<int64_t>> Ints(const std::string& value, int64_t limit = 64) const;
  // The elements of a floating-point constant that broadcasts along `axis` of a value with `rank`
  // dimensions alone: `count` of them, one for each index. Nothing for other shapes and types, or
  // when one is not finite.
  std::optional<std::vector<double>> AlongAxis(const std::string& value, int rank, int axis,
                                               int64_t count) const;

  // From initializers and declared or inferred types; kUndefined when unknown.
  DType TypeOfValue(const std::string& value) const override;
  // Dimensions, -1 for each that is unknown; nothing when not even their number is known.
  std::optional<Shape> ShapeOfValue(const std::string& value) const;

  // Puts `node` in the place of node `i`.
  void Replace(int i, onnx::NodeProto node);
  void Remove(int i) { Replace(i, onnx::NodeProto()); }
  // Puts `node` in the place of node `last`, one of `nodes`, and takes out the others.
  void ReplaceTogether(const std::vector<int>& nodes, int last, onnx::NodeProto node);
  // A new constant; returns its name, which begins with `hint`.
  std::string AddConstant(const std::string& hint, DType type, const Shape& dims, BlobPtr bytes);
  std::string AddNumbers(const std::string& hint, DType type, const Shape& dims,
                         const std::vector<double>& values);
  // Gives constant `value` other elements. It keeps its name when it is one of this graph and has
  // no other reader than the one who asks; otherwise there is a new one. Returns the name to read.
  std::string ChangeConstant(const std::string& value, BlobPtr bytes);

  // Takes the removed nodes out, and what was known about values that are gone.
  void Finish();

 private:
  void Index(int i);
  void Unindex(int i);
  const onnx::ValueInfoProto* InfoOf(const std::string& value) const;
  bool IsMadeHere(const std::string& value) const;
  std::string FreshName(const std::string& hint);

  Model& model_;
  onnx::GraphProto& graph_;
  const PatternGraph* outer_;
  std::unordered_set<std::string>& names_;
  int64_t opset_;
  std::unordered_map<std::string, int> producers_;
  std::unordered_map<std::string, std::vector<int>> readers_;  // an entry for each read
  std::unordered_map<std::string, int> initializers_;
  std::unordered_map<std::string, const onnx::ValueInfoProto*> infos_;
  std::unordered_set<std::string> inputs_, outputs_;
  std::vector<std::string> gone_;
};

// Calls `rewrite` for the main graph, then for every graph inside, outer ones first, and finishes
// each. Returns whether one of the calls returned true. Graphs inside models older than IR version
// 4 are left out: they cannot have constants of their own.
bool RewriteGraphs(Model& model, const std::function<bool(PatternGraph&)>& rewrite);

// Calls `fuse` for every node of every graph, as RewriteGraphs does.
bool RewriteNodes(Model& model, const std::function<bool(PatternGraph&, int)>& fuse);

// Whether elements of `type` are numbers that the passes know to compute with: float16, float32 and
// float64.
bool IsComputable(DType type);
size_t BytesPerNumber(DType type);
// Reads and writes one element of such a type.
double LoadNumber(DType type, const std::byte* from);
void StoreNumber(DType type, double value, std::byte* to);
// `value` as it is between two steps of a computation in `type`: float32 for float16.
double RoundStep(DType type, double value);

// Attributes of a node; what has the name already is replaced.
void PutInt(onnx::NodeProto& node, const std::string& name, int64_t value);
void PutInts(onnx::NodeProto& node, const std::string& name, const std::vector<int64_t>& values);
void PutFloat(onnx::NodeProto& node, const std::string& name, float value);
void PutString(onnx::NodeProto& node, const std::string& name, const std::string& value);
void DropAttribute(onnx::NodeProto& node, std::string_view name);
// The elements of an attribute of ints; nothing when it is absent.
std::optional<std::vector<int64_t>> IntsAttribute(const onnx::NodeProto& node,
                                                  std::string_view name);
std::string StringAttribute(const onnx::NodeProto& node, std::string_view name,
                            const std::string& otherwise);

// A node of ai.onnx.
onnx::NodeProto PatternNode(const std::string& op_type, const std::string& name,
                            const std::vector<std::string>& inputs, const std::string& output);

// The `axes` of node `i`, from the attribute or from constant input `k`; nothing when they are
// absent, empty or computed.
std::optional<std::vector<int64_t>> AxesOf(const PatternGraph& graph, int i, int k);

}  // namespace quantab
