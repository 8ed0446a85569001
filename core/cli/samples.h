// Samples in files: .npy, .npz and ONNX TensorProto .pb.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/api/quantab.h"

namespace quantab {

// One tensor from a .npy or .pb file. Throws Error naming the file.
Tensor ReadTensorFile(const std::string& path);

// A folder of samples: .npz files, .npy files (models with one input), or test_data_set_* folders
// with input_N.pb; sorted by name (numbers by value).
class SampleFolder {
 public:
  // Throws Error(kInvalidArgument) when `folder` holds no sample, or several kinds of them.
  SampleFolder(const std::string& folder, const std::vector<InputInfo>& inputs);

  size_t size() const { return paths_.size(); }
  TensorMap Read(size_t index) const;

 private:
  std::vector<std::string> paths_;
  std::vector<InputInfo> inputs_;
};

}  // namespace quantab
