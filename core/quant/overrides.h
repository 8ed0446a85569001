// Rules about TensorQuantOverrides: which of them are possible for a model, and what they mean for
// one tensor.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/onnx/model.h"
#include "core/quant/options.h"

namespace quantab {

// The overrides of a tensor; nullptr where there are none.
const std::vector<TensorQuantOverride>* FindOverrides(const TensorQuantOverrides& overrides,
                                                      const std::string& tensor);

// Whether they ask for a scale for each index along an axis.
bool IsPerChannel(const std::vector<TensorQuantOverride>& entries);

// The override of channel `index`: its own, or the only one.
const QuantOverride& OverrideOfChannel(const std::vector<TensorQuantOverride>& entries,
                                       size_t index);

// `axis` counted from the front; nothing where a tensor of `rank` dimensions has no such axis.
std::optional<int64_t> NormalizedAxis(int64_t axis, int64_t rank);

// Whether one of the types that `options` ask for, overrides and conversions included, satisfies
// `wanted`.
bool UsesType(const StaticOptions& options, const std::function<bool(QuantType)>& wanted);

// Throws Error(kInvalidArgument), with what is wrong and what would be possible, where an override
// names no tensor of the main graph, contradicts itself or asks for what there is not.
void CheckOverrides(const Model& model, const StaticOptions& options);

}  // namespace quantab
