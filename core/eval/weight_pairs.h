// The weights of a float model that are quantized in another, in both forms.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/monitor.h"
#include "core/eval/stored_numbers.h"
#include "core/onnx/model.h"
#include "core/quant/weight_groups.h"

namespace quantab {

// Codes lie as the reals do, and are as many.
struct WeightPair {
  std::string name;
  BlobPtr reals;
  DType real;
  std::string type;  // "int8", "uint4", "nf4", ...
  BlobPtr codes;
  DType code;  // one of those NumbersFrom knows
  // That the codes stand for, where these are others than they are; constants of the program.
  std::span<const float> numbers;
  NumberLimits limits;  // of the numbers
  int64_t count;
  std::optional<int64_t> axis;  // along which scales lie
  int64_t block_size;           // or 0
  WeightGroups groups;
  std::vector<float> scales, zeros;  // of each group
  uint64_t stored_bytes;             // of codes, scales and zero points
};

// Every float constant W (initializer or Constant node) of `reference` with
//   - an initializer W_quantized of `quantized`, whose scale and zero point are those of a
//     DequantizeLinear that reads it, or have ONNX Runtime's names;
//   - a reader whose place, by what it makes, MatMulNBits, MatMulBnb4, GatherBlockQuantized, or
//     MatMul after a DequantizeLinear of blocks has taken in `quantized`.
// There is no pair of what does not belong together by shape or parameters. Both models outlive
// this.
class WeightPairs {
 public:
  WeightPairs(const Model& reference, const Model& quantized);
  ~WeightPairs();

  // Float constants of the main graph, sorted.
  std::vector<std::string> FloatConstants() const;
  std::optional<WeightPair> Find(const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Reads a weight in pieces: `numbers` are the elements from `begin` on as the numbers that their
// codes stand for, and may be changed. Codes that lie by column, or in a quantizer's transposed
// weight, are held while they are read.
using WeightVisitor =
    std::function<void(int64_t begin, std::span<const float> reals, std::span<float> numbers)>;
void ReadWeight(const WeightPair& pair, Monitor* monitor, const WeightVisitor& visit);

// Calls visit(i, group) for each of `count` elements from `begin` on, i counted from there.
template <class Visit>
void ForEachElement(const WeightGroups& groups, int64_t begin, size_t count, Visit visit) {
  const auto n = static_cast<int64_t>(count);
  groups.ForEachRun(begin, n, [&](int64_t group, int64_t first, int64_t length) {
    for (int64_t i = 0; i < length; ++i) {
      visit(static_cast<size_t>(first + i),
            static_cast<size_t>(groups.consecutive() ? group + i : group));
    }
  });
}

// Makes reals of the numbers from `begin` on.
void Dequantize(const WeightPair& pair, int64_t begin, std::span<float> numbers);

}  // namespace quantab
