// Bias correction (Nagel et al. 2019, section 4.2): rounded weights shift the mean of a layer's
// output by
//   E[dy] = (W_quantized - W) E[x]
// which is subtracted from its bias. E[x] is measured on samples.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/base/monitor.h"
#include "core/onnx/model.h"

namespace quantab {

// The activations whose means per channel are needed, with the axis of their channels.
std::map<std::string, int64_t> CorrectedActivations(const Model& model);

// Corrects the biases of `model`, a float model, for the weights that `quantized`, made from it,
// has. `means`: of each activation the mean per channel. A layer without a bias gets one, but for a
// MatMul, which has none: there a constant Add behind it is corrected, if there is one. Returns the
// number of layers that were corrected.
int CorrectBiases(Model& model, const Model& quantized,
                  const std::map<std::string, std::vector<double>>& means,
                  Monitor* monitor = nullptr);

}  // namespace quantab
