// Replaces Gemm by MatMul and Add, so that dynamic quantization needs no Gemm of its own.
//   before:  Gemm(a, b, c; alpha = beta = 1, transA = 0) -> y
//   after:   MatMul(a, b) -> y_MatMul,  Add(y_MatMul, c) -> y
// With transB, a constant b is transposed (in place where all who read it want that), another one
// goes through a Transpose node, and so does a table that is looked up in as well.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/onnx/model.h"
#include "core/quant/select.h"

namespace quantab {

// A constant that was transposed: its elements as they were before, and their shape then.
struct TransposedConstant {
  BlobPtr bytes;
  Shape shape;
};

// The transposed constants, by the bytes they have now; small ones are left out.
using TransposedConstants = std::unordered_map<const Blob*, TransposedConstant>;

struct DecomposeOptions {
  const std::unordered_set<std::string>& tied;  // see TiedTables
  bool subgraphs = false;  // whether the graphs inside the main one will be quantized
};

// Rewrites the main graph and subgraphs. Gemms that `selection` excludes stay as they are; the
// nodes made are known to it by their Gemm.
TransposedConstants DecomposeGemms(Model& model, Selection& selection,
                                   const DecomposeOptions& options);

// The names of the nodes that DecomposeGemms may make, which options may mention.
std::vector<std::string> DecomposedNames(const onnx::GraphProto& graph);

}  // namespace quantab
