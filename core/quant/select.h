// Which nodes are to be quantized: nodes_to_quantize, nodes_to_exclude and op_types_to_quantize.
#pragma once

#include <map>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/base/monitor.h"
#include "core/onnx/model.h"
#include "core/quant/options.h"

namespace quantab {

// The nodes of a model, graphs inside included, that an option names.
class NodeSet {
 public:
  NodeSet() = default;
  // A node is named by its name, or as '#<index>' or '#<index> (<OpType>)', its place in the main
  // graph. `aliases` are further names that may be given: those of nodes that a rewrite will make.
  // Throws Error(kInvalidArgument) for a name that no node has, with names like it; `option` is
  // what the message calls the list.
  NodeSet(const Model& model, const std::string& option, const std::vector<std::string>& given,
          const std::vector<std::string>& aliases = {});

  bool empty() const { return names_.empty() && outputs_.empty(); }
  bool Contains(const onnx::NodeProto& node) const;

  // Adds a node, which makes something.
  void Add(const onnx::NodeProto& node);

 private:
  std::unordered_set<std::string> names_;
  std::unordered_set<std::string> outputs_;  // first outputs of nodes named by their index
};

class Selection {
 public:
  // `types` are the operator types the method quantizes; options.op_types_to_quantize, where given,
  // takes their place. Nodes are named, and `aliases` are, as in NodeSet.
  // Throws Error(kInvalidArgument) for a name that no node has, with names like it, and for an
  // operator type that is neither in the model nor known. A type that `types` lacks and that needs
  // a rule of the method (`needs_rule`) is a warning.
  Selection(const Model& model, const StaticOptions& options, const std::vector<std::string>& types,
            bool needs_rule, const std::vector<std::string>& aliases, Monitor* monitor = nullptr);

  // Whether the options ask for this node.
  bool Selected(const onnx::NodeProto& node) const;
  // Whether nodes_to_exclude names it: it keeps its float weights, even shared ones.
  bool Excluded(const onnx::NodeProto& node) const;

  bool HasType(const std::string& op_type) const { return types_.contains(op_type); }

  // From now on the nodes of `graph` that make one of `values` count as excluded.
  void Exclude(const onnx::GraphProto& graph, const std::vector<std::string>& values);

  // From now on `made` (known by its name and first output) also counts as `origin` does.
  void AddOrigin(const onnx::NodeProto& made, const onnx::NodeProto& origin);

 private:
  std::unordered_set<std::string> types_;
  NodeSet quantize_, exclude_;
  // Of nodes by name and first output; each holds a name, a type and outputs.
  std::map<std::pair<std::string, std::string>, onnx::NodeProto> origins_;
};

// Up to three of `candidates` that are spelled like `name`, nearest first.
std::vector<std::string> NearNames(const std::string& name,
                                   const std::vector<std::string>& candidates);

}  // namespace quantab
