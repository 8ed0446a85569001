// Tables that a model looks up in and multiplies with, transposed, as well: the embedding of a
// language model that is its last layer too. Quantized once, the table serves both:
//   before:  Gather(w, ids),  Transpose(w) -> t,  MatMul(x, t)
//   after:   Gather(w_quantized, ids),  Transpose(w_quantized) -> t_quantized,
//            MatMulInteger(x_quantized, t_quantized)
// A runtime folds the transpose of a constant when it loads the model.
#pragma once

#include <string>
#include <unordered_set>

#include "core/onnx/model.h"
#include "core/quant/select.h"

namespace quantab {

// The names of the float32 matrices among the initializers that a Gather looks up in which
// `selection` wants quantized. With `subgraphs` the graphs inside the main one count too.
std::unordered_set<std::string> TiedTables(const onnx::GraphProto& graph,
                                           const Selection& selection, bool subgraphs);

}  // namespace quantab
