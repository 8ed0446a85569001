// The fixtures under tests/parity/golden: models, options, ranges and what ONNX Runtime's own
// quantizer makes of them; and the comparison of two models.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "core/api/recipe.h"
#include "core/calib/tensor_ranges.h"
#include "core/onnx/model.h"
#include "core/quant/options.h"

namespace quantab::golden {

struct Case {
  std::string name, model, mode, expect, reason, error;
};

// What GoogleTest prints for a case.
void PrintTo(const Case& c, std::ostream* out);

// In the order of index.json.
std::vector<Case> Cases();

// The options of a static or dynamic case as the quantizer takes them, dynamic ones translated.
StaticOptions OptionsOf(const Case& c);

// A case of weights alone, whose mode is nbits or bnb4.
Recipe RecipeOf(const Case& c);

Model FloatModel(const std::string& model);
Model ExpectedModel(const Case& c);
TensorRanges RangesOf(const Case& c);

// What differs, one sentence each: producer, metadata, operator sets, inputs, outputs, nodes in
// order, initializers in order with their bytes. Inferred shapes are not looked at.
std::vector<std::string> Differences(const Model& expected, const Model& actual);

}  // namespace quantab::golden
