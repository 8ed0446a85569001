// The options of matrices in float4 as bitsandbytes has it, each described once; see
// core/quant/options.h for how. Names are those of onnxruntime's MatMulBnb4Quantizer, defaults
// those of its command line.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace quantab {

struct MatMulBnb4Options {
  std::string quant_type = "NF4";  // or "FP4"
  int64_t block_size = 64;         // 16, 32, 64, 128 or 256
  std::vector<std::string> nodes_to_exclude = {};
};

template <class Options, class Visitor>
void Describe(Options& o, Visitor& v)
  requires std::same_as<std::remove_const_t<Options>, MatMulBnb4Options>
{
  v.Option("quant_type", o.quant_type,
           "The 16 values of a weight: NF4, quantiles of the normal distribution, or FP4, a sign, "
           "two bits of exponent and one of mantissa.",
           "");
  v.Option("block_size", o.block_size, "How many weights share a scale: 16, 32, 64, 128 or 256.",
           "");
  v.Option("nodes_to_exclude", o.nodes_to_exclude, "Names of nodes to leave in float.", "");
}

}  // namespace quantab
