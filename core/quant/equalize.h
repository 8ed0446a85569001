// Cross-layer equalization (Nagel et al. 2019, "Data-Free Quantization Through Weight Equalization
// and Bias Correction"): where one layer feeds another, each channel between them can be divided by
// a factor in the first layer and multiplied by it in the second. The one that makes both layers'
// weights equally wide is
//   s_i = sqrt(r1_i * r2_i) / r2_i                                                   (equation 11)
// with r1_i and r2_i the largest magnitudes of the first layer's weights that make channel i and of
// the second one's that read it.
#pragma once

#include "core/onnx/model.h"

namespace quantab {

// Equalizes all pairs of Conv, Gemm and MatMul of the main graph, in which the second is the only
// reader of what the first makes, directly or through Relu, LeakyRelu and pools. Weights and biases
// are float32 constants; weights that others read too get copies. Pairs that share a layer, as
// those around a depthwise one, are repeated until nothing moves any more. The model computes the
// same but for rounding. Returns the number of pairs.
int EqualizeCrossLayers(Model& model);

}  // namespace quantab
