// Values that are the same as others, in one graph and the graphs inside it; and the walk over all
// graphs of a model that passes share.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "core/onnx/model.h"
#include "core/passes/pattern.h"

namespace quantab {

// Calls `visit` for the main graph, then for every graph inside, outer ones first, each with what
// can be seen in it. After its last question a visit may edit the graph it was given. Returns
// whether one of the calls returned true.
bool VisitGraphs(Model& model,
                 const std::function<bool(onnx::GraphProto&, const PatternGraph&)>& visit);

// Takes the elements that `unwanted(element)` is true of out of a repeated field; the others keep
// their order.
template <class List, class Unwanted>
void EraseFrom(List& list, const Unwanted& unwanted) {
  int kept = 0;
  for (int i = 0; i < list.size(); ++i) {
    if (unwanted(list[i])) continue;
    if (kept != i) list.SwapElements(kept, i);
    ++kept;
  }
  list.DeleteSubrange(kept, list.size() - kept);
}

// Lets the readers of values read others. Outputs of the graph keep their names: what makes the
// other value then makes the output instead.
class Aliases {
 public:
  explicit Aliases(onnx::GraphProto& graph);

  // What `value` is read as by now.
  const std::string& Resolve(const std::string& value) const;

  // Whether `value` may be read as `same`. Not where a graph inside has a value of either name, nor
  // where an output of the graph would have to become an input, a constant, a value from outside or
  // another output.
  bool May(const std::string& value, const std::string& same) const;

  // Takes `value` for `same`, which May() allowed. The caller removes what makes `value`.
  void Set(const std::string& value, const std::string& same);

  // Renames in nodes and in the graphs inside them. Returns whether a name changed.
  bool Apply();

 private:
  bool RenameIn(onnx::GraphProto& graph);

  onnx::GraphProto& graph_;
  std::unordered_set<std::string> outputs_;  // of the graph
  std::unordered_set<std::string> made_;     // by its nodes
  std::unordered_set<std::string> inner_;    // names that the graphs inside declare
  std::unordered_map<std::string, std::string> reads_;
};

}  // namespace quantab
