// Folders of samples.
#pragma once

#include <string>
#include <vector>

#include "core/api/quantab.h"

namespace quantab {

// The samples of a folder, sorted by name (NaturalLess): one .npz each (arrays by input name); one
// .npy or .pb each (models with one input); one folder test_data_set_* each, with a file
// input_N.pb for every input; or the input_N.pb of a single sample. Extensions in any case,
// symbolic links followed. A tensor of a .pb file goes to the input of its name, else to number N.
class SampleFolder {
 public:
  // Throws Error(kIo) when `folder` cannot be read, and Error(kInvalidArgument) when it holds no
  // sample, or several kinds of them.
  SampleFolder(const std::string& folder, std::vector<InputInfo> inputs);

  size_t size() const { return samples_.size(); }
  // The path of each: its file, or its folder where it is one ("." for that of a lone input_N.pb).
  std::vector<std::string> Names() const;
  TensorMap Read(size_t index) const;

 private:
  std::vector<std::vector<std::string>> samples_;  // their files
  std::vector<InputInfo> inputs_;
};

}  // namespace quantab
