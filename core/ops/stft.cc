// STFT (ai.onnx, since 17): the discrete Fourier transforms of windows of a signal, `frame_step`
// apart. A signal is [batch, length, 1], or [batch, length, 2] where it is complex.
#include "core/ops/fourier.h"
#include "core/ops/half.h"
#include "core/ops/scalar_input.h"

namespace quantab {
namespace {

struct Frames {
  int64_t step = 0, length = 0, count = 0;
};

Frames MakeFrames(const OpContext& c, int64_t signal_length) {
  Frames frames;
  frames.step = IntegerScalar(c, 1);
  const Tensor* window = c.Optional(2);
  if (window != nullptr && window->rank() != 1) {
    c.Invalid("input 2 has shape " + ToString(window->shape()) + ", expected rank 1.");
  }
  frames.length = window != nullptr ? window->dim(0) : signal_length;
  if (c.Optional(3) != nullptr) frames.length = IntegerScalar(c, 3);
  if (window != nullptr && window->dim(0) != frames.length) {
    c.Invalid("a window of '" + std::to_string(window->dim(0)) + "' does not fit frames of '" +
              std::to_string(frames.length) + "'.");
  }
  if (frames.step < 1 || frames.length < 1 || frames.length > signal_length) {
    c.Invalid("frames of '" + std::to_string(frames.length) + "' in steps of '" +
              std::to_string(frames.step) + "' are not possible for a signal of length '" +
              std::to_string(signal_length) + "'.");
  }
  frames.count = (signal_length - frames.length) / frames.step + 1;
  return frames;
}

template <class T>
void Run(OpContext& c) {
  const Tensor x = c.Input(0);
  const bool valid = x.rank() == 2 || (x.rank() == 3 && (x.dim(2) == 1 || x.dim(2) == 2));
  if (!valid) {
    c.Invalid("input 0 has shape " + ToString(x.shape()) +
              ", expected [batch,length,1] or [batch,length,2].");
  }
  const size_t parts = x.rank() == 2 ? 1 : Size(x.dim(2));
  const Frames frames = MakeFrames(c, x.dim(1));
  if (c.Optional(2) != nullptr) ExpectSameType(c, 0, 2);
  const T* window = c.Optional(2) == nullptr ? nullptr : c.Input(2).data<T>();
  const int64_t bins =
      c.attributes().Int("onesided", 1) != 0 ? frames.length / 2 + 1 : frames.length;
  T* y = c.Output(0, x.dtype(), {x.dim(0), frames.count, bins, 2}).template mutable_data<T>();
  if (x.dim(0) == 0) return;
  const size_t n = Size(frames.length);
  FourierTransform transform(n);
  std::vector<Complex> frame(n);
  for (int64_t b = 0; b < x.dim(0); ++b) {
    for (int64_t f = 0; f < frames.count; ++f) {
      const T* from = x.data<T>() + Size(b * x.dim(1) + f * frames.step) * parts;
      for (size_t j = 0; j < n; ++j, from += parts) {
        const double weight = window == nullptr ? 1 : static_cast<double>(window[j]);
        frame[j] = {weight * static_cast<double>(from[0]),
                    parts == 2 ? weight * static_cast<double>(from[1]) : 0};
      }
      transform.Forward(frame.data());
      for (int64_t k = 0; k < bins; ++k, y += 2) {
        y[0] = static_cast<T>(frame[Size(k)].re);
        y[1] = static_cast<T>(frame[Size(k)].im);
      }
    }
  }
}

void Compute(OpContext& c) {
  switch (c.Input(0).dtype()) {
    case DType::kFloat:
      return Run<float>(c);
    case DType::kDouble:
      return Run<double>(c);
    default:
      UnsupportedInputType(c, 0);
  }
}

}  // namespace

QUANTAB_REGISTER(ops, stft) { r.Add({.name = "STFT", .since = 17, .compute = InFloat<Compute>}); }

}  // namespace quantab
