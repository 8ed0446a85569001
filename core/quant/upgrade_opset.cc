#include "core/quant/upgrade_opset.h"

#include "core/base/error.h"
#include "core/passes/steps.h"

namespace quantab {
namespace {

int64_t OnlyOpset(const onnx::ModelProto& proto) {
  int64_t version = 0;
  int count = 0;
  for (const auto& import : proto.opset_import()) {
    if (!CanonicalDomain(import.domain()).empty()) continue;
    version = import.version();
    ++count;
  }
  if (count > 1) {
    ThrowInvalidModel("The model imports the operator set 'ai.onnx' " + std::to_string(count) +
                      " times; which version its nodes mean is unknown.");
  }
  if (count == 0) {
    ThrowUnsupported(
        "Unsupported: the model imports no 'ai.onnx' operator set, so quantized operators cannot "
        "be added to it.");
  }
  return version;
}

}  // namespace

OpsetUpgrade::OpsetUpgrade(Model& model, Monitor* monitor)
    : model_(model), version_(OnlyOpset(model.proto)), monitor_(monitor) {}

void OpsetUpgrade::To(int64_t version, const std::string& why) {
  if (version_ >= version) return;
  PreProcessOptions options;
  options.opset_version = version;
  ConvertOpset(model_, options, monitor_);
  Warn(monitor_, "The model's operator set was converted from " + std::to_string(version_) +
                     " to " + std::to_string(version) + ", " + why + ".");
  version_ = version;
}

bool OpsetUpgrade::Try(int64_t version, const std::string& why, const std::string& instead) {
  try {
    To(version, why);
    return true;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    Warn(monitor_, instead + " since the model could not be converted to operator set " +
                       std::to_string(version) + ". " + error.message());
    return false;
  }
}

}  // namespace quantab
