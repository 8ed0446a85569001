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
#include "core/onnx/model.h"
#include "core/quant/weight_groups.h"

namespace quantab {

// Integers lie as the reals do, and are as many.
struct WeightPair {
  std::string name;
  BlobPtr reals;
  DType real;
  BlobPtr codes;
  DType code;  // one of those NumbersFrom knows
  int64_t count;
  std::optional<int64_t> axis;  // along which scales lie
  int64_t block_size;           // or 0
  WeightGroups groups;
  std::vector<float> scales, zeros;  // of each group
  uint64_t parameter_bytes;          // of scales and zero points
};

// Every initializer W_quantized of `quantized` whose W is a float constant of `reference`
// (initializer or Constant node). Scale and zero point are those of a DequantizeLinear that reads
// it, or have ONNX Runtime's names. There is no pair of what does not belong together by shape or
// parameters. Both models outlive this.
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

// Reads a weight in pieces: `numbers` are the elements from `begin` on as the integers they are,
// and may be changed. A quantizer's transposed weight is held while it is read.
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

// Makes reals of the integers from `begin` on.
void Dequantize(const WeightPair& pair, int64_t begin, std::span<float> numbers);

}  // namespace quantab
