// The operators that the linked onnx library knows.
#pragma once

#include <string>
#include <vector>

namespace quantab {

struct SchemaInfo {
  std::string domain;  // "" is ai.onnx
  std::string op_type;
  int since = 0;              // the first opset that has it
  bool has_function = false;  // its newest version is defined by other operators
  bool deprecated = false;    // in its newest version
};

// All of them, sorted by domain and name.
std::vector<SchemaInfo> Schemas();

}  // namespace quantab
