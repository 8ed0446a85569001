#include "core/quant/check_options.h"

#include <string>

#include "core/base/error.h"

namespace quantab {
namespace {

bool IsFloat8(QuantType type) { return type == QuantType::kQFloat8E4M3FN; }

std::string Types(const StaticOptions& options) {
  return "'activation_type' " + std::string(NameOf(options.activation_type)) +
         " and 'weight_type' " + std::string(NameOf(options.weight_type));
}

void CheckFormat(const StaticOptions& options) {
  const bool dynamic = options.quant_format == "dynamic";
  if (dynamic && (InfoOf(options.weight_type).bits != 8 || IsFloat8(options.weight_type))) {
    ThrowInvalidArgument("Dynamic quantization has no operators for 'weight_type' " +
                         std::string(NameOf(options.weight_type)) +
                         ". Choose QInt8 or QUInt8, or static quantization in QDQ format.");
  }
  if (!dynamic && options.quant_format != "QDQ" &&
      (InfoOf(options.activation_type).bits != 8 || InfoOf(options.weight_type).bits != 8 ||
       IsFloat8(options.activation_type) || IsFloat8(options.weight_type))) {
    ThrowInvalidArgument("'quant_format' " + options.quant_format + " has no operators for " +
                         Types(options) + ". Choose QInt8 or QUInt8, or 'quant_format' QDQ.");
  }
}

void CheckTypes(const StaticOptions& options) {
  if (options.activation_type == QuantType::kQInt8 && options.weight_type == QuantType::kQUInt8) {
    ThrowInvalidArgument(
        "'activation_type' QInt8 cannot go with 'weight_type' QUInt8: no runtime multiplies them. "
        "Choose QInt8 weights, or QUInt8 activations.");
  }
  if (InfoOf(options.activation_type).bits == 4) {
    ThrowInvalidArgument("'activation_type' cannot be " +
                         std::string(NameOf(options.activation_type)) +
                         ": 4 bits are for weights. Choose QInt8, QUInt8, QInt16 or QUInt16.");
  }
}

void CheckFloat8(const StaticOptions& options) {
  if (!IsFloat8(options.activation_type) && !IsFloat8(options.weight_type)) return;
  if (options.activation_type != options.weight_type) {
    ThrowInvalidArgument(Types(options) +
                         " cannot go together: QFLOAT8E4M3FN goes with itself only. Choose it for "
                         "both, or an integer type for both.");
  }
  if (options.calibrate_method != "Distribution") {
    ThrowInvalidArgument("'calibrate_method' " + options.calibrate_method +
                         " does not measure the standard deviations that QFLOAT8E4M3FN's scales "
                         "follow from. Choose 'calibrate_method' Distribution.");
  }
  if (options.reduce_range) {
    ThrowInvalidArgument(
        "'reduce_range' is for integers and cannot go with QFLOAT8E4M3FN. Leave it out.");
  }
}

void CheckBlocks(const StaticOptions& options) {
  if (options.block_size < 0) {
    ThrowInvalidArgument("'block_size' is " + std::to_string(options.block_size) +
                         ". Give the number of rows that share a scale, or 0 for no blocks.");
  }
  if (options.block_size == 0) return;
  if (options.quant_format != "QDQ") {
    ThrowInvalidArgument("'block_size' needs 'quant_format' QDQ.");
  }
  if (IsFloat8(options.weight_type)) {
    ThrowInvalidArgument(
        "'block_size' is for integers and cannot go with QFLOAT8E4M3FN. Choose an integer "
        "'weight_type', or no blocks.");
  }
}

}  // namespace

void CheckQuantOptions(const StaticOptions& options) {
  CheckFormat(options);
  CheckTypes(options);
  CheckFloat8(options);
  CheckBlocks(options);
}

}  // namespace quantab
