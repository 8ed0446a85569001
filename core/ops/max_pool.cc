// MaxPool (ai.onnx), with the optional second output Indices: positions in the flattened input.
#include "core/base/parallel.h"
#include "core/kernels/pool/pool.h"
#include "core/ops/half.h"
#include "core/ops/types.h"
#include "core/ops/window.h"

namespace quantab {
namespace {

// The plain version, which also knows where each maximum was. `column_major` numbers positions
// within a plane with the first spatial dimension fastest (attribute storage_order = 1).
template <class T>
void Plain(const kernels::ConvShape& s, size_t planes, bool column_major, const T* x, T* y,
           int64_t* indices) {
  using Limits = std::numeric_limits<T>;
  const T lowest = Limits::has_infinity ? static_cast<T>(-Limits::infinity()) : Limits::lowest();
  size_t at = 0;
  std::array<size_t, 3> o, k, i;
  for (size_t plane = 0; plane < planes; ++plane) {
    const size_t base = plane * s.InPixels();
    for (o[0] = 0; o[0] < s.out[0]; ++o[0]) {
      for (o[1] = 0; o[1] < s.out[1]; ++o[1]) {
        for (o[2] = 0; o[2] < s.out[2]; ++o[2], ++at) {
          T best = lowest;
          int64_t where = -1;
          for (k[0] = 0; k[0] < s.kernel[0]; ++k[0]) {
            for (k[1] = 0; k[1] < s.kernel[1]; ++k[1]) {
              for (k[2] = 0; k[2] < s.kernel[2]; ++k[2]) {
                bool inside = true;
                for (size_t d = 0; d < 3; ++d) {
                  const size_t shifted = o[d] * s.stride[d] + k[d] * s.dilation[d];
                  inside = inside && shifted >= s.pad[d] && shifted - s.pad[d] < s.in[d];
                  i[d] = shifted - s.pad[d];
                }
                if (!inside) continue;
                const T value = x[base + (i[0] * s.in[1] + i[1]) * s.in[2] + i[2]];
                if (where >= 0 && !(value > best)) continue;
                best = value;
                const size_t position = column_major ? (i[2] * s.in[1] + i[1]) * s.in[0] + i[0]
                                                     : (i[0] * s.in[1] + i[1]) * s.in[2] + i[2];
                where = static_cast<int64_t>(base + position);
              }
            }
          }
          y[at] = best;
          if (indices) indices[at] = where;
        }
      }
    }
  }
}

// Runs one of the pool family's kernels on all planes.
template <class T, class Kernel>
void RunKernel(Kernel kernel, const kernels::ConvShape& s, size_t planes, const T* x, T* y) {
  ParallelFor(planes, PlaneGrain(s), [&](size_t begin, size_t end) {
    kernel(s, end - begin, x + begin * s.InPixels(), y + begin * s.OutPixels());
  });
}

void Compute(OpContext& c) {
  const Tensor x = c.Input(0);
  const Window window = MakePoolWindow(c);
  const Shape shape = window.OutShape(x.dim(0), x.dim(1));
  Tensor& y = c.Output(0, x.dtype(), shape);
  const size_t planes = Size(x.dim(0) * x.dim(1));
  int64_t* indices = nullptr;
  if (c.HasOutput(1)) indices = c.Output(1, DType::kInt64, shape).mutable_data<int64_t>();
  const bool column_major = c.attributes().Int("storage_order", 0) != 0;
  // A 1-D or 2-D window's missing dimensions have size 1, so either order holds for it.
  const kernels::ConvShape& s = window.shape;
  VisitNumeric(c, 0, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, float>) {
      if (!indices)
        return RunKernel(kernels::MaxPoolF32, s, planes, x.data<T>(), y.mutable_data<T>());
    } else if constexpr (std::is_same_v<T, uint8_t>) {
      if (!indices)
        return RunKernel(kernels::MaxPoolU8, s, planes, x.data<T>(), y.mutable_data<T>());
    } else if constexpr (std::is_same_v<T, int8_t>) {
      if (!indices)
        return RunKernel(kernels::MaxPoolS8, s, planes, x.data<T>(), y.mutable_data<T>());
    }
    if constexpr (sizeof(T) <= 1 || std::is_floating_point_v<T>) {
      Plain(s, planes, column_major, x.data<T>(), y.mutable_data<T>(), indices);
    } else {
      UnsupportedInputType(c, 0);
    }
  });
}

}  // namespace

QUANTAB_REGISTER(ops, max_pool) { r.Add({.name = "MaxPool", .compute = InFloat<Compute>}); }

}  // namespace quantab
