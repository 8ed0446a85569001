// What a model says about its values, which may be wrong, and what is inferred about them.
#pragma once

#include <string>
#include <unordered_map>

#include "core/onnx/model.h"

namespace quantab {

// The types that a model declares, kept while others are inferred in their place.
class DeclaredTypes {
 public:
  explicit DeclaredTypes(const onnx::ModelProto& proto);

  // Takes out the shapes of all values that operators of ai.onnx make, so that those which are
  // there afterwards are inferred ones. Element types stay.
  void Forget(onnx::ModelProto& proto) const;

  // Puts what was declared back where nothing was inferred. Graphs inside graphs declare the values
  // that they did before and no others, since runtimes may refuse what is inferred in them; the
  // main graph too unless `keep_inferred`.
  void Restore(onnx::ModelProto& proto, bool keep_inferred) const;

 private:
  std::unordered_map<std::string, onnx::TypeProto> values_;   // of value_info, in all graphs
  std::unordered_map<std::string, onnx::TypeProto> outputs_;  // of the main graph
};

}  // namespace quantab
