// What tests/package/fixtures holds, for the native program: files and figures made by NumPy, onnx
// and Python.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"

namespace quantab {

// The file "<name>.json".
nlohmann::ordered_json Fixture(const std::string& name);

std::vector<std::byte> FromBase64(const std::string& text);

// Whether type, shape and elements are those of {"dtype", "dims", "elements" or "strings"}.
void ExpectTensor(const Tensor& tensor, const nlohmann::ordered_json& expected);

}  // namespace quantab
