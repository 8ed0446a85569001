// Rewrites nodes whose weights are constant, in a model and the graphs inside it, and leaves the
// activations as they are: what weight-only quantizers have in common.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/monitor.h"
#include "core/onnx/model.h"
#include "core/quant/dynamic_scope.h"
#include "core/quant/finish.h"

namespace quantab {

// Nodes of the main graph by their first results, where not all that options ask for are meant.
using OnlyNodes = std::optional<std::set<std::string>>;

class WeightOnlyRewriter {
 public:
  // `model` is rewritten in place. It and `monitor` outlive the rewriter. Without `only`, nodes of
  // all graphs are meant.
  WeightOnlyRewriter(Model& model, OnlyNodes only, Monitor* monitor)
      : model_(model), only_(std::move(only)), monitor_(monitor) {}

  // Adds what takes the place of a node, and returns true; or false, and the node stays.
  using Rewrite = std::function<bool(const onnx::NodeProto& node)>;
  // Calls `rewrite` for every node that is meant and has a result, those of the graphs inside a
  // node before it. Afterwards initializers that nothing reads are gone. Warns where no node was
  // rewritten although all were meant.
  void Run(const Rewrite& rewrite);

  // For `rewrite`: names mean what they mean to the node it is called for.
  const Model& model() const { return model_; }
  Monitor* monitor() const { return monitor_; }
  DynamicScope& scope() { return *scope_; }

  struct Constant {
    const onnx::TensorProto* tensor;
    DynamicScope* owner;  // of the graph that declares it
  };
  // The initializer of that name; nothing where there is none, or a value of another kind.
  std::optional<Constant> FindConstant(const std::string& value) const;

  // How many dimensions the model declares for `value`; nothing where it does not.
  std::optional<int> DeclaredRank(const std::string& value) const;

  // Appends a node to the graph.
  onnx::NodeProto& Add(const std::string& op_type, const std::vector<std::string>& inputs,
                       const std::vector<std::string>& outputs, const std::string& name,
                       const std::string& domain = "");

  // Adds an initializer to `owner`'s graph. Returns its name: `name`, or a fresh one like it.
  std::string AddTensor(DynamicScope& owner, const std::string& name, DType type,
                        const Shape& shape, BlobPtr bytes);

  // Raises the model's IR version to that, where it is below.
  void RequireIrVersion(int64_t version) { RaiseIrVersion(model_.proto, version); }

  // A constant that was quantized is no input any more that a caller could feed.
  static void RemoveInput(const Constant& constant);

 private:
  void RewriteGraph(onnx::GraphProto& graph, const Rewrite& rewrite);
  bool IsMeant(const onnx::NodeProto& node) const;

  Model& model_;
  const OnlyNodes only_;
  Monitor* monitor_;
  DynamicScope* scope_ = nullptr;  // of the graph that is being rewritten
  bool any_ = false;
};

// Throws Error(kInvalidArgument) unless ONNX Runtime's quantizers take blocks of that size.
void CheckBlockSize(int64_t block_size);

}  // namespace quantab
