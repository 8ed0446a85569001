// One case of ONNX's backend test data: a model and sets of inputs with the outputs they give.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/onnx/model.h"
#include "core/tensor/value.h"

namespace quantab::conformance {

struct Case {
  std::string name;  // "node/test_abs", below a label where one is given
  std::filesystem::path folder;
};

// The folders below `root` that hold a model.onnx, as cases, sorted by name. `root` may be
// "<label>=<folder>": names then begin with "<label>/".
std::vector<Case> FindCases(const std::string& root);

// Throws Error for a file that is missing or cannot be read.
Model LoadModel(const Case& test);

struct DataSet {
  std::vector<Value> inputs, outputs;  // in the order of the graph's
};

// Throws Error for a file that cannot be read.
std::vector<DataSet> LoadDataSets(const Case& test, const Model& model);

// The operators of the model's nodes, those of subgraphs and functions included: "Relu",
// "com.microsoft.Gelu"; sorted, each once.
std::vector<std::string> OperatorsOf(const Model& model);

}  // namespace quantab::conformance
