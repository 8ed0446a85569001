// GridSample (ai.onnx, since 16; more than two spatial dimensions since 20): the input at the
// points of a grid, whose coordinates run from -1 to 1 (x first, then y, then z): nearest element,
// linear or cubic interpolation.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "core/ops/half.h"
#include "core/ops/shape_args.h"
#include "core/ops/strided.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

constexpr int kMostDims = 3;  // spatial ones

// A cubic as far outside the input as this reads no element of it.
constexpr double kCubicReach = 3;

enum class Mode { kNearest, kLinear, kCubic };
enum class Padding { kZeros, kBorder, kReflection };

struct Options {
  Mode mode = Mode::kLinear;
  Padding padding = Padding::kZeros;
  bool align_corners = false;
};

Options ReadOptions(const OpContext& c) {
  Options options;
  const std::string mode = c.attributes().String("mode", "linear");
  if (mode == "nearest") {
    options.mode = Mode::kNearest;
  } else if (mode == "cubic" || mode == "bicubic") {
    options.mode = Mode::kCubic;
  } else if (mode != "linear" && mode != "bilinear") {
    c.Invalid("attribute 'mode' is '" + mode + "', expected 'linear', 'nearest' or 'cubic'.");
  }
  const std::string padding = c.attributes().String("padding_mode", "zeros");
  if (padding == "border") {
    options.padding = Padding::kBorder;
  } else if (padding == "reflection") {
    options.padding = Padding::kReflection;
  } else if (padding != "zeros") {
    c.Invalid("attribute 'padding_mode' is '" + padding +
              "', expected 'zeros', 'border' or 'reflection'.");
  }
  options.align_corners = c.attributes().Int("align_corners", 0) != 0;
  return options;
}

// `x` reflected at the ends of [low, high] until it lies inside.
double Reflect(double x, double low, double high) {
  const double range = high - low;
  if (!(range > 0) || !std::isfinite(x)) return low;
  if (x >= low && x <= high) return x;
  const double beyond = x < low ? low - x : x - high;
  const double rest = std::fmod(beyond, range);
  const bool from_near = std::fmod(std::floor(beyond / range), 2) == 0;
  return (x < low) == from_near ? low + rest : high - rest;
}

// The elements of one dimension that a point is made of. Index -1 is a zero of the padding.
struct AxisTaps {
  int count = 0;
  std::array<int64_t, 4> index = {};
  std::array<double, 4> weight = {};
};

// Keys' weights of the elements before, at, after and two after, `t` past the second.
std::array<double, 4> CubicWeights(double t) {
  constexpr double kA = -0.75;
  const auto near = [](double d) { return ((kA + 2) * d - (kA + 3)) * d * d + 1; };
  const auto far = [](double d) { return ((kA * d - 5 * kA) * d + 8 * kA) * d - 4 * kA; };
  return {far(t + 1), near(t), near(1 - t), far(2 - t)};
}

// One dimension of the input: its size, and where coordinates are reflected.
class Axis {
 public:
  Axis(const Options& options, int64_t size)
      : options_(options),
        size_(size),
        low_(options.align_corners ? 0 : -0.5),
        high_(static_cast<double>(size) - (options.align_corners ? 1 : 0.5)) {}

  // From a coordinate of the grid to one of elements, in the grid's precision.
  template <class T>
  double Position(T coordinate) const {
    const T size = static_cast<T>(size_);
    return static_cast<double>(options_.align_corners ? (coordinate + 1) / 2 * (size - 1)
                                                      : ((coordinate + 1) * size - 1) / 2);
  }

  AxisTaps TapsAt(double x) const {
    AxisTaps taps;
    if (options_.mode == Mode::kNearest) x = std::nearbyint(x);
    if (!(x >= low_ && x <= high_)) {
      const double last = static_cast<double>(size_ - 1);
      if (options_.padding == Padding::kBorder) {
        // The taps of a cubic reach back over the border.
        const double reach = options_.mode == Mode::kCubic ? kCubicReach : 0;
        x = x > -reach ? std::min(x, last + reach) : -reach;
      } else if (options_.padding == Padding::kReflection) {
        x = Reflect(x, low_, high_);
      } else if (!(x > -kCubicReach && x < last + kCubicReach)) {
        return taps;
      }
    }
    const double floor = std::floor(x);
    const auto first = static_cast<int64_t>(floor);
    if (options_.mode == Mode::kNearest) {
      Add(taps, first, 1);
    } else if (options_.mode == Mode::kLinear) {
      Add(taps, first, 1 - (x - floor));
      Add(taps, first + 1, x - floor);
    } else {
      const std::array<double, 4> weights = CubicWeights(x - floor);
      for (int i = 0; i < 4; ++i) Add(taps, first - 1 + i, weights[static_cast<size_t>(i)]);
    }
    return taps;
  }

 private:
  void Add(AxisTaps& taps, int64_t index, double weight) const {
    if (index < 0 || index >= size_) {
      if (options_.padding == Padding::kZeros) return;
      if (options_.padding == Padding::kReflection) {
        index = static_cast<int64_t>(Reflect(static_cast<double>(index), low_, high_));
      }
      index = std::clamp<int64_t>(index, 0, size_ - 1);
    }
    const auto at = static_cast<size_t>(taps.count++);
    taps.index[at] = index;
    taps.weight[at] = weight;
  }

  Options options_;
  int64_t size_;
  double low_, high_;
};

// A point as elements of a plane.
struct Point {
  struct Tap {
    int64_t offset;
    double weight;
  };
  std::array<Tap, 64> taps;
  size_t count = 0;
};

// The product of the axes' taps, outermost axis first.
void Combine(const std::vector<AxisTaps>& axes, const Shape& dims, Point& point) {
  point.taps[0] = {0, 1};
  point.count = 1;
  for (size_t d = 0; d < axes.size(); ++d) {
    const Point outer = point;
    point.count = 0;
    for (size_t o = 0; o < outer.count; ++o) {
      for (size_t i = 0; i < static_cast<size_t>(axes[d].count); ++i) {
        point.taps[point.count++] = {outer.taps[o].offset * dims[d] + axes[d].index[i],
                                     outer.taps[o].weight * axes[d].weight[i]};
      }
    }
  }
}

// The shapes of one call.
struct Problem {
  Options options;
  int64_t batch = 0, channels = 0;
  Shape dims;                          // spatial, of the input
  int64_t pixels = 0, out_pixels = 0;  // of a plane
};

// Called with a sample, an output pixel and its point.
using Visit = std::function<void(int64_t, int64_t, const Point&)>;

void ForEachPoint(const Problem& p, const Tensor& grid, const Visit& visit) {
  std::vector<Axis> axes;
  for (int64_t dim : p.dims) axes.emplace_back(p.options, dim);
  const size_t rank = axes.size();
  std::vector<AxisTaps> taps(rank);
  Point point;
  const bool wide = grid.dtype() == DType::kDouble;
  int64_t at = 0;
  for (int64_t n = 0; n < p.batch; ++n) {
    for (int64_t pixel = 0; pixel < p.out_pixels; ++pixel) {
      for (size_t d = rank; d-- > 0; ++at) {
        taps[d] = axes[d].TapsAt(wide ? axes[d].Position(grid.data<double>()[at])
                                      : axes[d].Position(grid.data<float>()[at]));
      }
      Combine(taps, p.dims, point);
      visit(n, pixel, point);
    }
  }
}

// Elements of any type, moved.
void SampleNearest(const Problem& p, const Tensor& grid, const Tensor& x, size_t size, Tensor& y) {
  VisitElementSize(size, [&](auto zero) {
    using T = decltype(zero);
    const T* from = reinterpret_cast<const T*>(x.raw());
    T* to = reinterpret_cast<T*>(y.mutable_raw());
    ForEachPoint(p, grid, [&](int64_t n, int64_t pixel, const Point& point) {
      for (int64_t plane = n * p.channels; plane < (n + 1) * p.channels; ++plane) {
        to[plane * p.out_pixels + pixel] =
            point.count == 0 ? T{} : from[plane * p.pixels + point.taps[0].offset];
      }
    });
  });
}

// A sum as an element; integers are cut off.
template <class T, class W>
T ElementOf(W sum) {
  if constexpr (std::is_same_v<T, bool>) {
    return sum != 0;
  } else if constexpr (std::is_integral_v<T>) {
    constexpr double kLowest = static_cast<double>(std::numeric_limits<T>::lowest());
    constexpr double kLargest = static_cast<double>(std::numeric_limits<T>::max());
    if (!(sum > kLowest)) return std::numeric_limits<T>::lowest();
    return sum < kLargest ? static_cast<T>(sum) : std::numeric_limits<T>::max();
  } else {
    return static_cast<T>(sum);
  }
}

template <class T>
void Interpolate(const Problem& p, const Tensor& grid, const Tensor& x, Tensor& y) {
  using W = std::conditional_t<std::is_same_v<T, float>, float, double>;
  const T* from = x.data<T>();
  T* to = y.mutable_data<T>();
  ForEachPoint(p, grid, [&](int64_t n, int64_t pixel, const Point& point) {
    for (int64_t plane = n * p.channels; plane < (n + 1) * p.channels; ++plane) {
      W sum{0};
      for (size_t i = 0; i < point.count; ++i) {
        const Point::Tap& tap = point.taps[i];
        sum += static_cast<W>(tap.weight) * static_cast<W>(from[plane * p.pixels + tap.offset]);
      }
      to[plane * p.out_pixels + pixel] = ElementOf<T>(sum);
    }
  });
}

void CheckShapes(const OpContext& c, const Tensor& x, const Tensor& grid) {
  const int dims = x.rank() - 2;
  if (dims < 1 || grid.rank() != x.rank() || grid.dim(0) != x.dim(0) ||
      grid.shape().back() != dims) {
    c.Invalid("inputs have shapes " + ToString(x.shape()) + " and " + ToString(grid.shape()) +
              ", which are no input and grid.");
  }
  if (dims > kMostDims) {
    c.Unsupported(std::to_string(dims) + " spatial dimensions are not supported, only 1 to " +
                  std::to_string(kMostDims) + ".");
  }
  if (grid.dtype() != DType::kFloat && grid.dtype() != DType::kDouble) UnsupportedInputType(c, 1);
}

void Compute(OpContext& c) {
  const Tensor x = c.Input(0), grid = c.Input(1);
  CheckShapes(c, x, grid);
  Problem p;
  p.options = ReadOptions(c);
  p.batch = x.dim(0);
  p.channels = x.dim(1);
  p.dims.assign(x.shape().begin() + 2, x.shape().end());
  Shape shape = {p.batch, p.channels};
  shape.insert(shape.end(), grid.shape().begin() + 1, grid.shape().end() - 1);
  p.pixels = CountOf(x.shape(), 2, x.rank());
  p.out_pixels = CountOf(shape, 2, x.rank());
  const size_t size = MovableSize(c, x);
  Tensor& y = c.Output(0, x.dtype(), shape);
  if (y.count() == 0) return;
  if (p.pixels == 0) c.Invalid("input 0 has no element to sample.");
  if (p.options.mode == Mode::kNearest) return SampleNearest(p, grid, x, size, y);
  const bool known =
      VisitArithmetic(x.dtype(), [&](auto zero) { Interpolate<decltype(zero)>(p, grid, x, y); });
  if (!known) UnsupportedInputType(c, 0);
}

}  // namespace

QUANTAB_REGISTER(ops, grid_sample) {
  r.Add({.name = "GridSample", .since = 16, .compute = InFloat<Compute>});
}

}  // namespace quantab
