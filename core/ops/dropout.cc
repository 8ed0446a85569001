// Dropout (ai.onnx, since 7) as inference runs it: y = x, and nothing is dropped.
#include <cstring>

#include "core/ops/op.h"

namespace quantab {
namespace {

// The first opset with `training_mode` as an input, and with a boolean mask.
constexpr int64_t kTrainingInput = 12;
constexpr int64_t kBooleanMask = 10;

bool Trains(const OpContext& c) {
  const Tensor* mode = c.opset() >= kTrainingInput ? c.Optional(2) : nullptr;
  if (mode == nullptr || mode->count() != 1 || !*mode->data<bool>()) return false;
  const Tensor* ratio = c.Optional(1);
  return ratio == nullptr || ratio->dtype() != DType::kFloat || *ratio->data<float>() != 0;
}

template <class T>
void Fill(Tensor& mask, T one) {
  for (int64_t i = 0; i < mask.count(); ++i) {
    std::memcpy(mask.mutable_raw() + static_cast<size_t>(i) * sizeof(T), &one, sizeof(T));
  }
}

void FillWithOne(const OpContext& c, Tensor& mask) {
  switch (mask.dtype()) {
    case DType::kFloat:
      return Fill(mask, 1.0f);
    case DType::kDouble:
      return Fill(mask, 1.0);
    case DType::kFloat16:
      return Fill(mask, uint16_t{0x3c00});
    default:
      c.Unsupported("a mask of type '" + std::string(NameOf(mask.dtype())) + "' is not supported.");
  }
}

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  if (Trains(c)) c.Unsupported("training mode is not supported.");
  if (c.HasOutput(1)) {
    if (c.opset() >= kBooleanMask) {
      Tensor& mask = c.Output(1, DType::kBool, x.shape());
      if (mask.bytes() > 0) std::memset(mask.mutable_raw(), 1, mask.bytes());
    } else {
      FillWithOne(c, c.Output(1, x.dtype(), x.shape()));
    }
  }
  c.SetOutput(0, x);
}

}  // namespace

QUANTAB_REGISTER(ops, dropout) { r.Add({.name = "Dropout", .since = 7, .compute = Compute}); }

}  // namespace quantab
