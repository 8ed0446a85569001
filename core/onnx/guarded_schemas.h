// The official operator schemas, with inferers that a hostile file cannot lead astray.
//
// The library's own trust what they find: shapes that double from node to node, attributes that are
// missing, vectors of a billion unknown numbers. Each is wrapped by one that looks first, so that
// inference takes time and memory in proportion to the file. What does not pass is not inferred.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "core/base/monitor.h"
#include "onnx/defs/schema.h"

namespace quantab {

// For one inference: bounds what is propagated over all of it.
class GuardedSchemas final : public onnx::ISchemaRegistry {
 public:
  // `monitor` (may be nullptr) is asked at every node whether to stop; then Error(kCancelled)
  // passes through the library.
  explicit GuardedSchemas(Monitor* monitor);
  ~GuardedSchemas() override;

  const onnx::OpSchema* GetSchema(const std::string& name, int version,
                                  const std::string& domain) const override;

  // Whether a node did not pass.
  bool tripped() const { return tripped_; }

 private:
  void Infer(const onnx::OpSchema& schema, onnx::InferenceContext& context) const;
  void Propagate(const onnx::OpSchema& schema, onnx::DataPropagationContext& context) const;

  Monitor* monitor_;
  mutable std::unordered_map<const onnx::OpSchema*, std::unique_ptr<onnx::OpSchema>> guarded_;
  mutable uint64_t values_ = 0;  // propagated so far
  mutable bool tripped_ = false;
};

}  // namespace quantab
