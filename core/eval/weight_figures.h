// How far the quantized weights of a model are from the float model's.
#pragma once

#include <vector>

#include "core/base/monitor.h"
#include "core/eval/layer_figures.h"
#include "core/onnx/model.h"

namespace quantab {

// Of every pair of WeightPairs, worst sqnr_db first. Weights are read in pieces. Reports progress
// as "prepare".
std::vector<WeightFigures> CompareWeights(const Model& reference, const Model& quantized,
                                          Monitor* monitor);

}  // namespace quantab
