// Where the parameters of quantized activations come from.
#pragma once

#include <string>
#include <unordered_map>

#include "core/quant/request.h"

namespace quantab {

// Of each activation that QDQ quantization would quantize in the main graph, the one whose
// parameters it gets, as Quantization::ActivationSources says.
std::unordered_map<std::string, std::string> ActivationSources(const QuantRequest& request);

}  // namespace quantab
