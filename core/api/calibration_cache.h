// onnxruntime's calibration cache: the JSON that quantize_static keeps at `calibration_cache_path`.
#pragma once

#include <string>
#include <string_view>

#include "core/calib/tensor_ranges.h"

namespace quantab {

// `ranges` as save_tensors_data of onnxruntime.quantization.calibrate writes them, without
// histograms, which nothing there reads. Python can load it unless the method is one onnxruntime
// does not have. `smooth_quant`: whether the ranges are those of a smoothed model.
std::string ToCalibrationCache(const TensorRanges& ranges, bool smooth_quant = false);

// The inverse, of what onnxruntime wrote too. A tensor whose range is not finite is left out; one
// whose lowest is above its highest, which onnxruntime's percentiles may give, gets them exchanged;
// an array of one number is a range and no channel. `smooth_quant`, unless null, is told what the
// cache says of it. Throws Error(kInvalidArgument) for text that is no such cache.
TensorRanges RangesFromCalibrationCache(std::string_view text, bool* smooth_quant = nullptr);

}  // namespace quantab
