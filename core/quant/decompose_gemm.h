// Replaces Gemm by MatMul and Add, so that dynamic quantization needs no Gemm of its own.
//   before:  Gemm(a, b, c; alpha = beta = 1, transA = 0) -> y
//   after:   MatMul(a, b) -> y_MatMul,  Add(y_MatMul, c) -> y
// With transB, a constant b is transposed (in place where all who read it want that), another one
// goes through a Transpose node.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "core/onnx/model.h"
#include "core/quant/select.h"

namespace quantab {

// A constant that was transposed: its elements as they were before, and their shape then.
struct TransposedConstant {
  BlobPtr bytes;
  Shape shape;
};

// Rewrites the main graph and subgraphs. Gemms that `selection` excludes stay as they are; the
// MatMuls made are known to it by their Gemm. Returns the transposed constants of the main graph by
// name.
std::unordered_map<std::string, TransposedConstant> DecomposeGemms(Model& model,
                                                                   Selection& selection);

// The names of the nodes that DecomposeGemms may make, which options may mention.
std::vector<std::string> DecomposedNames(const onnx::GraphProto& graph);

}  // namespace quantab
