// The options of matrices in few bits with block-wise scales, each described once; see
// core/quant/options.h for how. Names and defaults are those of onnxruntime's MatMulNBitsQuantizer
// with its DefaultWeightOnlyQuantConfig.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace quantab {

struct MatMulNBitsOptions {
  int64_t bits = 4;          // 2, 4 or 8
  int64_t block_size = 128;  // 16, 32, 64, 128 or 256
  bool is_symmetric = false;
  std::optional<int64_t> accuracy_level = {};
  std::vector<std::string> nodes_to_exclude = {};
  std::vector<std::string> nodes_to_include = {};
  std::string quant_format = "QOperator";  // or "QDQ"
  std::vector<std::string> op_types_to_quantize = {};
  std::map<std::string, int64_t> quant_axes = {};
};

template <class Options, class Visitor>
void Describe(Options& o, Visitor& v)
  requires std::same_as<std::remove_const_t<Options>, MatMulNBitsOptions>
{
  v.Option("bits", o.bits, "Bits of a weight: 2, 4 or 8.", "");
  v.Option("block_size", o.block_size,
           "How many weights of a column share a scale: 16, 32, 64, 128 or 256.", "");
  v.Option("is_symmetric", o.is_symmetric, "No zero points: ranges symmetric around zero.", "");
  v.Option("accuracy_level", o.accuracy_level,
           "QOperator: the least accuracy a runtime may compute in: 1 float32, 2 float16, 3 "
           "bfloat16, 4 int8.",
           "");
  v.Option("nodes_to_exclude", o.nodes_to_exclude, "Names of nodes to leave in float.", "");
  v.Option("nodes_to_include", o.nodes_to_include,
           "Names of nodes to quantize beside those of 'op_types_to_quantize'.", "");
  v.Option("quant_format", o.quant_format,
           "MatMulNBits (QOperator), or DequantizeLinear before MatMul (QDQ, 4 bits only).", "");
  v.Option("op_types_to_quantize", o.op_types_to_quantize,
           "Operator types to quantize: MatMul and Gather, whose tables become those of "
           "GatherBlockQuantized; MatMul alone when empty.",
           "");
  v.Option("quant_axes", o.quant_axes,
           "The axis along which blocks lie, by operator type: 0 for MatMul, 1 for Gather unless "
           "given.",
           "");
}

}  // namespace quantab
