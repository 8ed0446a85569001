// How far the quantized weights of a model are from the float model's.
#pragma once

#include <vector>

#include "core/base/monitor.h"
#include "core/eval/layer_figures.h"
#include "core/onnx/model.h"

namespace quantab {

// Of every initializer W_quantized of `quantized` whose W is a float constant of `reference`
// (initializer or Constant node), worst sqnr_db first. Scale and zero point are those of a
// DequantizeLinear that reads it, or have ONNX Runtime's names. Passed over are weights whose
// shapes or parameters do not belong together. Weights are read in pieces; where a quantizer has
// transposed one, its integers are held. Reports progress as "prepare".
std::vector<WeightFigures> CompareWeights(const Model& reference, const Model& quantized,
                                          Monitor* monitor);

}  // namespace quantab
