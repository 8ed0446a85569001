// SmoothQuant (Xiao et al. 2023): activations with a few wide channels are hard to quantize,
// weights are not. A factor per channel, divided out of the activation and multiplied into the
// weights that read it, evens them out and leaves the result as it is:
//   s_j = max|X_j|^alpha / max|W_j|^(1 - alpha)                                        (equation 4)
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/base/monitor.h"
#include "core/onnx/model.h"

namespace quantab {

struct SmoothOptions {
  double alpha = 0.5;   // 0 leaves the activations, 1 the weights as they are, relatively
  bool folding = true;  // into what makes the activation, where that is possible
};

// The activations that can be smoothed, with the axis of their channels.
std::map<std::string, int64_t> SmoothableActivations(
    const Model& model, const std::function<bool(const onnx::NodeProto&)>& wanted);

// Smooths `model`. `maxima`: of each activation the largest magnitude per channel. Where factors
// cannot be folded, a Mul is put before the readers; the names of these are returned.
// Throws Error(kInvalidArgument) unless alpha is in [0, 1].
std::vector<std::string> SmoothActivations(
    Model& model, const std::map<std::string, std::vector<float>>& maxima,
    const SmoothOptions& options, const std::function<bool(const onnx::NodeProto&)>& wanted,
    Monitor* monitor = nullptr);

}  // namespace quantab
