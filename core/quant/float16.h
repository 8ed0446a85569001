// Converts a float32 model to float16: weights, activations, inputs and outputs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/monitor.h"
#include "core/onnx/model.h"
#include "core/quant/float16_options.h"

namespace quantab {

struct Float16Result {
  Model model;  // shares the source's weights, and computes the float16 ones when they are read
  // Elements of converted constants that were too near to zero, and too far from it.
  uint64_t clamped_small = 0;
  uint64_t clamped_large = 0;
  // Nodes that compute in float32 still, as in NodeLabel: blocked, without float16 in their
  // operator set, or parts of a quantized graph.
  std::vector<std::string> nodes_in_float;
  // Whether the result has the names and the order of the variant that was asked for. That of
  // "quantab" takes the place of a reference's where the reference's result would be invalid.
  bool variant_layout = true;
};

// Values are mapped as by the references: those within (0, min_positive_val) become
// min_positive_val, finite ones beyond max_finite_val become that, the same below zero; then they
// are rounded to nearest even.
// Every input of every node of the result has a type that the operator accepts, graphs inside
// graphs included. Local functions are inlined first. Where options.node_block_list names what is
// not there, nodes without a name get one first (NameUnnamedNodes), so that it can name these too.
// Throws Error(kInvalidArgument) for options that are wrong or name what is not there, and for a
// model that has float16 already where check_fp16_ready asks; Error(kUnsupported) for what cannot
// be expressed (an option that only one variant knows); Error(kInvalidModel) as CheckOrder does.
Float16Result ConvertFloatToFloat16(const Model& model, const Float16Options& options,
                                    Monitor* monitor = nullptr);

}  // namespace quantab
