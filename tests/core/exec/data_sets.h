// Models with recorded inputs and outputs, in ONNX's own layout:
//   FOLDER/model.onnx  FOLDER/test_data_set_0/input_0.pb ... output_0.pb ...
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/exec/session.h"
#include "core/onnx/model.h"
#include "core/tensor/tensor.h"

namespace quantab {

struct DataSet {
  TensorMap inputs;
  TensorMap outputs;
};

// Every folder at or below `root` that holds a model.onnx, sorted.
std::vector<std::filesystem::path> ModelFolders(const std::filesystem::path& root);

// A model file, with the external data beside it.
Model ReadModelFile(const std::filesystem::path& file);

// The data sets beside the model in `folder`. Throws Error(kUnsupported) where an input or output
// is no tensor.
std::vector<DataSet> ReadDataSets(const std::filesystem::path& folder, const Model& model);

// The largest |a - b| over the largest |b|, infinities and NaNs being equal to their like; infinite
// when types or shapes differ, or integers do.
double RelativeDifference(const Tensor& a, const Tensor& b);

}  // namespace quantab
