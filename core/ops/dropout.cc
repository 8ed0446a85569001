// Dropout (ai.onnx, since 1): y = x. In training elements are dropped, each with probability
// `ratio`, and the others are divided by 1 - ratio; the second output says which ones stay.
//
// With a seed the elements that stay are those of ONNX's reference: a uniform number of 53 bits
// from the generator MT19937 for each, at least `ratio`. Without one they depend on the node, and
// are the same in every run.
#include <cstring>
#include <random>

#include "core/onnx/model.h"
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

// The last opset with attribute `is_test`, the first ones with `training_mode` as an input, and
// with a boolean mask.
constexpr int64_t kLastTest = 6;
constexpr int64_t kTrainingInput = 12;
constexpr int64_t kBooleanMask = 10;

bool Trains(const OpContext& c) {
  if (c.opset() <= kLastTest) return c.attributes().Int("is_test", 0) == 0;
  const Tensor* mode = c.opset() >= kTrainingInput ? c.Optional(2) : nullptr;
  return mode != nullptr && mode->count() == 1 && *mode->data<bool>();
}

double RatioOf(const OpContext& c) {
  double ratio = 0.5;
  if (c.opset() < kTrainingInput) {
    ratio = c.attributes().Float("ratio", 0.5F);
  } else if (const Tensor* given = c.Optional(1)) {
    if (given->count() != 1) c.Invalid("input 1 is no scalar.");
    ratio = given->dtype() == DType::kDouble ? *given->data<double>() : *FloatInput(c, 1);
  }
  if (!(ratio >= 0 && ratio < 1)) {
    c.Invalid("the ratio is " + std::to_string(ratio) + ", expected one from 0 up to 1.");
  }
  return ratio;
}

// Which elements stay.
std::vector<bool> Drawn(const OpContext& c, size_t count, double ratio) {
  std::mt19937 generator;
  if (c.attributes().Has("seed")) {
    generator.seed(static_cast<uint32_t>(c.attributes().Int("seed", 0)));
  } else {
    const std::string name = c.node().output_size() > 0 ? c.node().output(0) : "";
    std::seed_seq of_the_node(name.begin(), name.end());
    generator.seed(of_the_node);
  }
  std::vector<bool> stays(count);
  for (size_t i = 0; i < count; ++i) {
    const double high = static_cast<double>(generator() >> 5);
    const double low = static_cast<double>(generator() >> 6);
    stays[i] = (high * 0x1p26 + low) * 0x1p-53 >= ratio;
  }
  return stays;
}

template <class T>
void Fill(Tensor& mask, const std::vector<bool>& stays, T one) {
  for (size_t i = 0; i < stays.size(); ++i) {
    const T value = stays[i] ? one : T{0};
    std::memcpy(mask.mutable_raw() + i * sizeof(T), &value, sizeof(T));
  }
}

void WriteMask(OpContext& c, const Tensor& x, const std::vector<bool>& stays) {
  if (!c.HasOutput(1)) return;
  Tensor& mask = c.Output(1, c.opset() >= kBooleanMask ? DType::kBool : x.dtype(), x.shape());
  switch (mask.dtype()) {
    case DType::kBool:
      return Fill(mask, stays, true);
    case DType::kFloat:
      return Fill(mask, stays, 1.0F);
    case DType::kDouble:
      return Fill(mask, stays, 1.0);
    case DType::kFloat16:
      return Fill(mask, stays, uint16_t{0x3c00});
    default:
      c.Unsupported("a mask of type '" + std::string(NameOf(mask.dtype())) + "' is not supported.");
  }
}

template <class T>
void Drop(OpContext& c, const Tensor& x) {
  const double ratio = RatioOf(c);
  const T scale = static_cast<T>(1 / (1 - ratio));
  const std::vector<bool> stays = Drawn(c, Size(x.count()), ratio);
  WriteMask(c, x, stays);
  T* y = c.Output(0, x.dtype(), x.shape()).template mutable_data<T>();
  for (size_t i = 0; i < stays.size(); ++i) y[i] = stays[i] ? x.data<T>()[i] * scale : T{0};
}

void Train(OpContext& c) {
  const Tensor x = c.Input(0);
  if (x.dtype() == DType::kDouble) return Drop<double>(c, x);
  FloatInput(c, 0);
  Drop<float>(c, x);
}

void Compute(OpContext& c) {
  if (Trains(c)) return InFloat<Train>(c);
  const Tensor& x = c.Input(0);
  if (c.HasOutput(1)) WriteMask(c, x, std::vector<bool>(Size(x.count()), true));
  c.SetOutput(0, x);
}

}  // namespace

QUANTAB_REGISTER(ops, dropout) { r.Add({.name = "Dropout", .compute = Compute}); }

}  // namespace quantab
