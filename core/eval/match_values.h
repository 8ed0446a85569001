// Which values of a quantized model stand for which of the float model's. Names are ONNX Runtime's,
// as its qdq_loss_debug matches activations. Of a float value x it is
//   - in QDQ, x_DequantizeLinear_Output, but a graph's output x itself;
//   - in QOperator, x_quantized, which is dequantized for it; or, where x is made by a Relu or
//     Clip that has become the limits of the integers before it, those integers;
//   - in the dynamic form, x.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "core/onnx/model.h"

namespace quantab {

struct MatchedValue {
  std::string name;  // in the float model
  // What makes it there (NodeLabel): a node, and before it those whose results are not matched, at
  // most some; none for a graph's input.
  std::vector<std::string> nodes;
  std::string op_type;  // of these: "Conv+Relu"
  std::string target;   // the value of the quantized model, all quantization of it included
};

// A value of the quantized model that a value of the float model can be put in the place of, so
// that all quantization of it comes after.
struct Entrance {
  std::string name;  // in the float model
  // Of a value that is there only as integers: what quantizes it. `zero` may be empty.
  bool quantized = false;
  std::string scale, zero;
};

struct MatchedModel {
  // The quantized model. Nodes are in the order in which the float model makes what they lead to,
  // so that the two can be run side by side with little waiting; a DequantizeLinear is behind each
  // matched value that is there only as integers.
  Model model;
  std::vector<MatchedValue> values;                     // in the order in which they are made
  std::unordered_map<std::string, Entrance> entrances;  // by value of `model`
};

// Values of main graphs only. Throws Error(kInvalidModel) for graphs that are wrong.
MatchedModel MatchValues(const Model& reference, const Model& quantized);

}  // namespace quantab
