// A model's operator set, and its conversion to what a quantized form needs.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/monitor.h"
#include "core/onnx/model.h"

namespace quantab {

class OpsetUpgrade {
 public:
  // `model` is converted in place. Throws Error(kUnsupported) where it imports no ai.onnx operator
  // set, Error(kInvalidModel) where it imports that twice.
  OpsetUpgrade(Model& model, Monitor* monitor);

  int64_t version() const { return version_; }

  // Does nothing where the operator set is new enough. `why` ends the sentence of a warning.
  void To(int64_t version, const std::string& why);

  // As To. Where the model cannot be converted, it stays as it was; `instead` begins the sentence
  // of the warning about it.
  bool Try(int64_t version, const std::string& why, const std::string& instead);

 private:
  Model& model_;
  int64_t version_;
  Monitor* monitor_;
};

}  // namespace quantab
