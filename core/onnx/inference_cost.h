// How much the official library copies when it infers a model.
#pragma once

#include <cstdint>

#include "core/onnx/model.h"

namespace quantab {

// Ten seconds' worth; a large model with a hundred graphs inside takes a hundredth.
inline constexpr uint64_t kMaxInferenceCost = 100'000'000;

// Entries of tables: for every graph inside a graph, the values around it; for every graph and
// call, the functions and operator sets. Files are small whose graphs times values are many. Throws
// as CheckFunctionCalls does.
uint64_t InferenceCost(const Model& model);

}  // namespace quantab
