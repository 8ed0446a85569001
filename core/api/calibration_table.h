// TensorRT's calibration tables: the three files that onnxruntime's write_calibration_table writes.
#pragma once

#include <string>

#include "core/calib/tensor_ranges.h"

namespace quantab {

struct CalibrationTables {
  std::string json;         // calibration.json: onnxruntime's calibration cache
  std::string flatbuffers;  // calibration.flatbuffers: bytes, for ONNX Runtime's TensorRT provider
  std::string cache;        // calibration.cache: a line "<tensor> <number>" each, by name
};

// A tensor's number is the upper end of its range (of both ends the greater), as Python writes it.
CalibrationTables ToCalibrationTables(const TensorRanges& ranges);

}  // namespace quantab
