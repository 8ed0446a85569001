// Resize (ai.onnx, since 10), Upsample (1 to 9): an image, or any tensor, at another size: nearest
// element, linear or cubic interpolation. See resample.h for the arithmetic.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/ops/half.h"
#include "core/ops/movable.h"
#include "core/ops/resample.h"
#include "core/ops/shape_args.h"
#include "core/ops/strided.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

constexpr int64_t kScaleList = 7;     // first opset of Upsample with scales for all dimensions
constexpr int64_t kScalesInput = 9;   // first opset of Upsample with scales as an input
constexpr int64_t kCoordinates = 11;  // first opset of Resize with coordinate modes
constexpr int64_t kAxes = 18;         // first opset with axes, antialias and aspect ratio

// Sizes beyond this are mistakes.
constexpr int64_t kLargestDim = int64_t{1} << 30;

struct Request {
  ResizeOptions options;
  std::vector<ResizeAxis> axes;  // those that change
  Shape shape;                   // of the output
};

Interpolation ModeOf(const OpContext& c) {
  const std::string mode = c.attributes().String("mode", "nearest");
  if (mode == "nearest") return Interpolation::kNearest;
  if (mode == "linear" || mode == "bilinear") return Interpolation::kLinear;
  if (mode == "cubic") return Interpolation::kCubic;
  c.Invalid("attribute 'mode' is '" + mode + "', expected 'nearest', 'linear' or 'cubic'.");
}

// Input `i`, float32 or float64 (half precision has been widened); none when it is absent.
std::vector<float> FloatsOf(const OpContext& c, int i) {
  const Tensor* tensor = c.Optional(i);
  if (tensor == nullptr) return {};
  std::vector<float> floats(Size(tensor->count()));
  if (tensor->dtype() == DType::kDouble) {
    std::transform(tensor->data<double>(), tensor->data<double>() + tensor->count(), floats.begin(),
                   [](double value) { return static_cast<float>(value); });
  } else {
    std::copy_n(FloatInput(c, i), floats.size(), floats.begin());
  }
  return floats;
}

[[noreturn]] void ImpossibleScale(const OpContext& c, int64_t dim, float scale) {
  c.Invalid("scale " + std::to_string(scale) + " of a dimension of size " + std::to_string(dim) +
            " is not possible.");
}

// floor(dim * scale + shift).
int64_t Scaled(const OpContext& c, int64_t dim, float scale, float shift) {
  const float out = std::floor(static_cast<float>(dim) * scale + shift);
  if (!(out <= static_cast<float>(kLargestDim))) ImpossibleScale(c, dim, scale);
  return static_cast<int64_t>(out);
}

// Sizes that keep the aspect ratio: one scale for all axes, so that none becomes larger (smaller)
// than asked. An empty axis asks for nothing.
void KeepAspectRatio(const OpContext& c, std::vector<ResizeAxis>& axes) {
  const std::string policy = c.attributes().String("keep_aspect_ratio_policy", "stretch");
  if (policy == "stretch") return;
  if (policy != "not_larger" && policy != "not_smaller") {
    c.Invalid("attribute 'keep_aspect_ratio_policy' is '" + policy + "', which is not defined.");
  }
  float scale = policy == "not_larger" ? std::numeric_limits<float>::max() : 0;
  for (const ResizeAxis& axis : axes) {
    if (axis.in == 0) continue;
    scale = policy == "not_larger" ? std::min(scale, axis.scale) : std::max(scale, axis.scale);
  }
  for (ResizeAxis& axis : axes) {
    if (axis.in == 0) continue;
    axis.scale = scale;
    axis.out = Scaled(c, axis.in, scale, 0.5F);
  }
}

ResizeOptions OptionsOf(const OpContext& c) {
  ResizeOptions options;
  options.mode = ModeOf(c);
  if (c.opset() < kCoordinates) {
    options.coordinates = "asymmetric";
    options.nearest_mode = "simple";
    return options;
  }
  const Attributes& a = c.attributes();
  options.coordinates = a.String("coordinate_transformation_mode", "half_pixel");
  options.nearest_mode = a.String("nearest_mode", "round_prefer_floor");
  options.cubic_a = a.Float("cubic_coeff_a", -0.75F);
  options.exclude_outside = a.Int("exclude_outside", 0) != 0;
  options.extrapolation_value = a.Float("extrapolation_value", 0);
  options.antialias = c.opset() >= kAxes && a.Int("antialias", 0) != 0;
  return options;
}

// Scales of height and width, the last two dimensions of an image.
std::vector<float> ImageScales(const OpContext& c) {
  if (c.Input(0).rank() != 4) c.Invalid("input 0 is no image of rank 4.");
  return {1, 1, c.attributes().Float("height_scale", 0), c.attributes().Float("width_scale", 0)};
}

// What the node asks for: scales, or sizes where there are any.
struct Wanted {
  std::vector<float> scales, roi;
  std::vector<int64_t> sizes;
};

Wanted WantedOf(const OpContext& c) {
  if (c.opset() < kScaleList) return {ImageScales(c), {}, {}};
  if (c.opset() < kScalesInput) return {c.attributes().Floats("scales"), {}, {}};
  if (c.opset() < kCoordinates) return {FloatsOf(c, 1), {}, {}};
  return {FloatsOf(c, 2), FloatsOf(c, 1), IntegerInput(c, 3)};
}

Request RequestOf(const OpContext& c) {
  const Tensor& x = c.Input(0);
  Request request;
  request.options = OptionsOf(c);
  request.shape = x.shape();
  const auto [scales, roi, sizes] = WantedOf(c);
  std::vector<int64_t> given;
  if (c.opset() >= kAxes) given = c.attributes().Ints("axes");
  if (given.empty()) {
    for (int d = 0; d < x.rank(); ++d) given.push_back(d);
  }
  const std::vector<int> axes = NormalizeAxes(c, given, x.rank());
  const size_t count = sizes.empty() ? scales.size() : sizes.size();
  if (count != axes.size()) {
    c.Invalid("there are " + std::to_string(count) + " scales or sizes for " +
              std::to_string(axes.size()) + " axes.");
  }
  const bool crops = request.options.coordinates == "tf_crop_and_resize";
  if (crops && roi.size() != 2 * axes.size()) {
    c.Invalid("the region of interest has " + std::to_string(roi.size()) + " numbers, expected " +
              std::to_string(2 * axes.size()) + ".");
  }
  for (size_t i = 0; i < axes.size(); ++i) {
    ResizeAxis axis;
    axis.axis = axes[i];
    axis.in = x.dim(axes[i]);
    if (sizes.empty()) {
      axis.scale = scales[i];
      if (!(axis.scale > 0)) ImpossibleScale(c, axis.in, axis.scale);
      axis.out = Scaled(c, axis.in, axis.scale, 0);
    } else {
      axis.out = sizes[i];
      axis.scale = axis.in == 0 ? 1 : static_cast<float>(axis.out) / static_cast<float>(axis.in);
    }
    if (axis.out < 0 || axis.out > kLargestDim || (axis.in == 0 && axis.out > 0)) {
      c.Invalid("dimension " + std::to_string(axis.axis) + " of size " + std::to_string(axis.in) +
                " cannot get size " + std::to_string(axis.out) + ".");
    }
    if (crops) {
      axis.roi_start = roi[i];
      axis.roi_end = roi[axes.size() + i];
    }
    request.axes.push_back(axis);
  }
  if (!sizes.empty() && c.opset() >= kAxes) KeepAspectRatio(c, request.axes);
  for (const ResizeAxis& axis : request.axes) request.shape[Size(axis.axis)] = axis.out;
  std::erase_if(request.axes, [&](const ResizeAxis& axis) {
    return axis.in == axis.out && axis.scale == 1 && !crops;
  });
  return request;
}

std::vector<Taps> AllTaps(const OpContext& c, const Request& request) {
  std::vector<Taps> taps;
  for (const ResizeAxis& axis : request.axes) taps.push_back(MakeTaps(c, request.options, axis));
  return taps;
}

// Copies elements of any type.
void ComputeNearest(const Request& request, const std::vector<Taps>& taps, const Tensor& x,
                    size_t size, Tensor& y) {
  const size_t rank = request.shape.size();
  std::vector<std::vector<int64_t>> offsets(rank);
  const std::vector<int64_t> strides = StridesOf(x.shape());
  for (size_t d = 0; d < rank; ++d) {
    for (int64_t i = 0; i < request.shape[d]; ++i) offsets[d].push_back(i * strides[d]);
  }
  for (size_t a = 0; a < taps.size(); ++a) {
    const size_t d = Size(request.axes[a].axis);
    for (size_t i = 0; i < offsets[d].size(); ++i) offsets[d][i] = taps[a].index[i] * strides[d];
  }
  VisitElementSize(size, [&](auto zero) {
    using T = decltype(zero);
    const T* from = reinterpret_cast<const T*>(x.raw());
    T* to = reinterpret_cast<T*>(y.mutable_raw());
    std::vector<size_t> index(rank, 0);
    for (int64_t n = 0; n < y.count(); n += request.shape.back()) {
      int64_t base = 0;
      for (size_t d = 0; d + 1 < rank; ++d) base += offsets[d][index[d]];
      for (int64_t offset : offsets.back()) *to++ = from[base + offset];
      for (size_t d = rank - 1; d-- > 0;) {
        if (++index[d] < offsets[d].size()) break;
        index[d] = 0;
      }
    }
  });
}

// Axis after axis, from the last, in T (float or double).
template <class T>
void Interpolate(const Request& request, const std::vector<Taps>& taps, Shape shape,
                 std::vector<T> data, std::vector<T>& result) {
  for (size_t a = request.axes.size(); a-- > 0;) {
    const ResizeAxis& axis = request.axes[a];
    const int rank = static_cast<int>(shape.size());
    const int64_t outer = CountOf(shape, 0, axis.axis);
    const int64_t inner = CountOf(shape, axis.axis + 1, rank);
    shape[Size(axis.axis)] = axis.out;
    // Axes that shrink later can make this larger than the output is.
    BytesOf(DTypeOf<T>::value, ElementCount(shape));
    result.assign(Size(ElementCount(shape)), T{0});
    ApplyTaps(taps[a], axis, outer, inner, data.data(), result.data());
    data.swap(result);
  }
  result.swap(data);
}

// Whether two neighbouring axes change, and each output is made of two elements of each.
bool IsBilinear(const Request& request, const std::vector<Taps>& taps) {
  return request.options.mode == Interpolation::kLinear && !request.options.antialias &&
         !request.options.exclude_outside && taps.size() == 2 &&
         request.axes[1].axis == request.axes[0].axis + 1;
}

template <class T>
T Narrow(double value) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(std::clamp(value, static_cast<double>(std::numeric_limits<T>::lowest()),
                                     static_cast<double>(std::numeric_limits<T>::max())));
  } else {
    return static_cast<T>(value);
  }
}

// Where a coordinate lies outside the input, the output is the extrapolation value.
void Extrapolate(const Request& request, const std::vector<Taps>& taps, Tensor& y) {
  const std::vector<int64_t> strides = StridesOf(request.shape);
  VisitArithmetic(y.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* out = y.mutable_data<T>();
    for (int64_t n = 0; n < y.count(); ++n) {
      for (size_t a = 0; a < taps.size(); ++a) {
        const size_t d = Size(request.axes[a].axis);
        if (taps[a].outside[Size(n / strides[d] % request.shape[d])]) {
          out[n] = Narrow<T>(request.options.extrapolation_value);
          break;
        }
      }
    }
  });
}

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  const Request request = RequestOf(c);
  if (request.axes.empty()) {
    c.SetOutput(0, x);
    return;
  }
  const size_t size = MovableSize(c, x);
  Tensor& y = c.Output(0, x.dtype(), request.shape);
  if (y.count() == 0) return;
  const std::vector<Taps> taps = AllTaps(c, request);
  if (request.options.mode == Interpolation::kNearest) {
    ComputeNearest(request, taps, x, size, y);
  } else {
    VisitNumeric(c, 0, [&](auto zero) {
      using T = decltype(zero);
      using Wide = std::conditional_t<std::is_same_v<T, float>, float, double>;
      if constexpr (std::is_same_v<T, float> || sizeof(T) == 1) {
        if (IsBilinear(request, taps)) {
          const int first = request.axes[0].axis;
          ApplyBilinear(taps[0], request.axes[0], taps[1], request.axes[1],
                        CountOf(x.shape(), 0, first), CountOf(x.shape(), first + 2, x.rank()),
                        x.data<T>(), y.mutable_data<T>());
          return;
        }
      }
      const auto from = x.span<T>();
      std::vector<Wide> result;
      Interpolate<Wide>(request, taps, x.shape(), {from.begin(), from.end()}, result);
      T* to = y.mutable_data<T>();
      for (size_t i = 0; i < result.size(); ++i) to[i] = Narrow<T>(result[i]);
    });
  }
  if (request.options.coordinates == "tf_crop_and_resize") Extrapolate(request, taps, y);
}

// Strings can be copied, but not interpolated or extrapolated.
void ComputeAny(OpContext& c) {
  const ResizeOptions options = OptionsOf(c);
  const bool copies =
      options.mode == Interpolation::kNearest && options.coordinates != "tf_crop_and_resize";
  if (copies) {
    Movable<InFloat<Compute>>(c);
  } else {
    InFloat<Compute>(c);
  }
}

}  // namespace

QUANTAB_REGISTER(ops, resize) {
  r.Add({.name = "Upsample", .until = 9, .compute = ComputeAny});
  r.Add({.name = "Resize", .since = 10, .compute = ComputeAny});
}

}  // namespace quantab
