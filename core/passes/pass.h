// Rewrites of a model that change neither its inputs and outputs nor, but for rounding, what it
// computes. A pass is one file in passes/, with Before and After at its top.
#pragma once

#include <string_view>
#include <vector>

#include "core/base/monitor.h"
#include "core/base/registry.h"
#include "core/onnx/model.h"
#include "core/passes/options.h"

namespace quantab {

// When a pass runs. Each stage runs its passes, in the order of their names, until none changes
// anything.
enum class PassStage {
  kNormalize,  // other forms of the same thing: Constant nodes, identities
  kFold,       // what can be computed now
  kFuse,       // several operators into one
};

struct PassContext {
  const PreProcessOptions& options;
  Monitor* monitor = nullptr;
};

struct PassDef {
  std::string_view name;  // the file's name: "fuse_conv_batch_normalization"
  PassStage stage = PassStage::kNormalize;
  // Whether the pass runs only when it is asked for by name.
  bool optional = false;
  // Rewrites `model`, main graph and graphs inside it, and says whether it changed something. The
  // types and shapes in value_info are those that could be inferred; a pass keeps them true. It
  // leaves the values that are graph outputs their names, and shared values alone.
  bool (*run)(Model& model, const PassContext& context) = nullptr;
};

class PassRegistry {
 public:
  // The registry with every pass of passes/; made once.
  static const PassRegistry& Get();

  void Add(PassDef def) { defs_.push_back(def); }
  const std::vector<PassDef>& all() const { return defs_; }

 private:
  std::vector<PassDef> defs_;
};

template <>
struct RegistryType<struct passes_tag> {
  using type = PassRegistry;
};

}  // namespace quantab
