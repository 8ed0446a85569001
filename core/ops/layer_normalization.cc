// LayerNormalization (ai.onnx, since 17; older graphs of ONNX Runtime use it in any opset) and
// RMSNormalization (since 23; SimplifiedLayerNormalization in ONNX Runtime's graphs): the
// dimensions from `axis` on are normalised together. Further outputs, the rows' mean and inverse
// deviation, are float32 whatever the input is. The result of the second has its scale's type.
#include "core/kernels/norm/norm.h"
#include "core/ops/broadcast.h"
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

// Input `i`, repeated to the shape of the normalised dimensions where it is smaller.
const float* Parameter(OpContext& c, int i, const Shape& normalized) {
  if (c.Optional(i) == nullptr) return nullptr;
  const float* values = FloatInput(c, i);
  const Tensor& parameter = c.Input(i);
  if (parameter.count() == ElementCount(normalized)) return values;
  const std::optional<Shape> fit = BroadcastShapes(parameter.shape(), normalized);
  if (!fit || *fit != normalized) {
    c.Invalid("input " + std::to_string(i) + " has shape " + ToString(parameter.shape()) +
              ", expected " + ToString(normalized) + ".");
  }
  float* repeated = c.ScratchOf<float>(Size(ElementCount(normalized)));
  BroadcastMap(PlanBroadcastTo(parameter.shape(), {}, normalized), values, values, repeated,
               [](float a, float) { return a; });
  return repeated;
}

template <bool kRms>
void Compute(OpContext& c) {
  FloatInput(c, 0);
  const Tensor x = c.Input(0);
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", -1), x.rank());
  const Shape normalized(x.shape().begin() + axis, x.shape().end());
  const size_t rows = Size(CountOf(x.shape(), 0, axis));
  const size_t columns = Size(ElementCount(normalized));
  const float* gamma = Parameter(c, 1, normalized);
  const float* beta = Parameter(c, 2, normalized);
  const float epsilon = c.attributes().Float("epsilon", 1e-5f);
  const int64_t stash_type = c.attributes().Int("stash_type", 1);
  if ((c.HasOutput(1) || c.HasOutput(2)) && stash_type != static_cast<int64_t>(DType::kFloat)) {
    c.Unsupported("attribute 'stash_type' is '" + std::to_string(stash_type) +
                  "', but with further outputs only '1' (float32) is supported.");
  }
  Shape reduced = x.shape();
  for (size_t i = Size(axis); i < reduced.size(); ++i) reduced[i] = 1;
  float* mean = nullptr;
  if (c.HasOutput(1)) mean = c.Output(1, DType::kFloat, reduced).mutable_data<float>();
  float* inv = nullptr;
  if (c.HasOutput(2)) inv = c.Output(2, DType::kFloat, reduced).mutable_data<float>();
  float* y = c.Output(0, DType::kFloat, x.shape()).mutable_data<float>();
  // Rows without elements may be more than can be walked.
  if (x.count() == 0 && mean == nullptr && inv == nullptr) return;
  if constexpr (kRms) {
    // Its only further output is the inverse deviation.
    kernels::RmsNormRows(rows, columns, x.data<float>(), gamma, beta, epsilon, y, mean);
  } else {
    kernels::LayerNormRows(rows, columns, x.data<float>(), gamma, beta, epsilon, y, mean, inv);
  }
}

void ComputeRms(OpContext& c) {
  if (!HasHalfInput(c)) return Compute<true>(c);
  ComputeInFloat(c, Compute<true>, OutputsLikeInput(c, 1, 1));
}

}  // namespace

QUANTAB_REGISTER(ops, layer_normalization) {
  r.Add({.name = "LayerNormalization", .in_place = true, .compute = InFloat<Compute<false>, 1>});
  r.Add({.name = "RMSNormalization", .since = 23, .in_place = true, .compute = ComputeRms});
  r.Add({.name = "SimplifiedLayerNormalization", .in_place = true, .compute = ComputeRms});
}

}  // namespace quantab
