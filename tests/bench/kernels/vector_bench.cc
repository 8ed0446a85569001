// Families that pass over memory. An operation is an element.
#include <memory>
#include <string>
#include <vector>

#include "core/kernels/elementwise/elementwise.h"
#include "core/kernels/norm/norm.h"
#include "core/kernels/quantize/quantize.h"
#include "core/kernels/reduce/reduce.h"
#include "core/kernels/skeleton/skeleton.h"
#include "core/kernels/softmax/softmax.h"
#include "core/kernels/transpose/transpose.h"
#include "core/kernels/weight_codes/weight_codes.h"
#include "core/kernels/weight_range/weight_range.h"
#include "tests/bench/kernels/kernel_bench.h"

namespace quantab::kernels {
namespace {

// 64 KiB of floats: beyond the first-level cache, within the second.
constexpr size_t kRows = 64;
constexpr size_t kColumns = 256;
constexpr size_t kCount = kRows * kColumns;

// Adds a benchmark of call(x, y), floats to floats.
template <typename Call>
void Add(const KernelFamily& family, const std::string& title, Call call) {
  AddKernelBench(family, title, kCount, [call](benchmark::State& state) {
    const std::vector<float> x = BenchFloats(kCount);
    std::vector<float> y(kCount);
    for (auto _ : state) {
      call(x.data(), y.data());
      benchmark::ClobberMemory();
    }
  });
}

void AddUnary(const std::string& title, UnaryOp op) {
  Add(elementwise_family, title,
      [op](const float* x, float* y) { Unary(op, kCount, x, y, 0.2F, 0.5F); });
}

void AddTranspose(size_t element) {
  AddKernelBench(transpose_family, "bytes" + std::to_string(element), kCount,
                 [element](benchmark::State& state) {
                   const std::vector<uint8_t> x = BenchBytes(kCount * element);
                   std::vector<uint8_t> y(kCount * element);
                   for (auto _ : state) {
                     Transpose2D(kRows, kColumns, element, x.data(), kColumns, y.data(), kRows);
                     benchmark::ClobberMemory();
                   }
                 });
}

void AddWeightCodes(const std::string& title, bool each) {
  const auto scales = std::make_shared<const std::vector<float>>(kCount, 0.01F);
  const auto zeros = std::make_shared<const std::vector<int32_t>>(kCount, 3);
  Add(weight_codes_family, title, [=](const float* x, float* y) {
    const CodeParameters parameters = {
        .scale = scales->data(), .zero = zeros->data(), .each = each, .low = -128, .high = 127};
    WeightCodes(kCount, x, parameters, reinterpret_cast<int8_t*>(y));
  });
}

const int kRegistered = [] {
  Add(skeleton_family, "scale", [](const float* x, float* y) { Skeleton(kCount, x, 0.5F, 1, y); });
  AddUnary("relu", UnaryOp::kRelu);
  AddUnary("hard_swish", UnaryOp::kHardSwish);
  AddUnary("exp", UnaryOp::kExp);
  AddUnary("log", UnaryOp::kLog);
  AddUnary("tanh", UnaryOp::kTanh);
  AddUnary("sigmoid", UnaryOp::kSigmoid);
  AddUnary("erf", UnaryOp::kErf);
  AddUnary("gelu", UnaryOp::kGelu);
  Add(elementwise_family, "add",
      [](const float* x, float* y) { Binary(BinaryOp::kAdd, 1, kCount, x, 0, 1, x, 0, 1, y); });
  Add(elementwise_family, "add_row", [](const float* x, float* y) {
    Binary(BinaryOp::kAdd, kRows, kColumns, x, kColumns, 1, x, 0, 1, y);
  });
  Add(softmax_family, "rows", [](const float* x, float* y) { Softmax(kRows, kColumns, x, y); });
  Add(reduce_family, "sum_rows",
      [](const float* x, float* y) { ReduceRows(ReduceOp::kSum, kRows, kColumns, x, y); });
  Add(reduce_family, "sum_columns",
      [](const float* x, float* y) { ReduceColumns(ReduceOp::kSum, kRows, kColumns, x, y); });
  Add(norm_family, "layer", [](const float* x, float* y) {
    LayerNormRows(kRows, kColumns, x, x, x, 1e-5F, y, nullptr, nullptr);
  });
  Add(quantize_family, "quantize_u8", [](const float* x, float* y) {
    QuantizeU8(kCount, x, 0.01F, 128, reinterpret_cast<uint8_t*>(y));
  });
  Add(quantize_family, "dequantize_u8", [](const float* x, float* y) {
    DequantizeU8(kCount, reinterpret_cast<const uint8_t*>(x), 0.01F, 128, y);
  });
  Add(quantize_family, "min_max", [](const float* x, float* y) { y[0] = MinMax(kCount, x).max; });
  for (size_t element : {1, 4, 8}) AddTranspose(element);
  Add(weight_range_family, "one", [](const float* x, float* y) {
    benchmark::DoNotOptimize(WidenRange(kCount, x, y[0], y[1]));
  });
  AddWeightCodes("one", false);
  AddWeightCodes("each", true);
  return 0;
}();

}  // namespace
}  // namespace quantab::kernels
