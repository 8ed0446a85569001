// RoiAlign (ai.onnx, since 10; half pixels since 16): regions of feature maps, each pooled to one
// size from points that are interpolated between the elements.
#include <algorithm>
#include <cmath>

#include "core/ops/half.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

// Points of a region along one axis; more are a mistake.
constexpr double kMostPoints = 1 << 16;

constexpr int64_t kCoordinateModes = 16;  // first opset with coordinate_transformation_mode

struct Options {
  int64_t height = 1, width = 1;  // of an output
  int64_t sampling_ratio = 0;
  double spatial_scale = 1;
  bool half_pixel = false, largest = false;
};

Options ReadOptions(const OpContext& c) {
  const Attributes& a = c.attributes();
  Options options;
  options.height = a.Int("output_height", 1);
  options.width = a.Int("output_width", 1);
  options.sampling_ratio = a.Int("sampling_ratio", 0);
  options.spatial_scale = a.Float("spatial_scale", 1);
  if (options.height < 1 || options.width < 1 || options.sampling_ratio < 0) {
    c.Invalid("attributes 'output_height', 'output_width' or 'sampling_ratio' are out of range.");
  }
  const std::string mode = a.String("mode", "avg");
  if (mode != "avg" && mode != "max") {
    c.Invalid("attribute 'mode' is '" + mode + "', expected 'avg' or 'max'.");
  }
  options.largest = mode == "max";
  const char* otherwise = c.opset() < kCoordinateModes ? "output_half_pixel" : "half_pixel";
  const std::string coordinates = a.String("coordinate_transformation_mode", otherwise);
  if (coordinates != "half_pixel" && coordinates != "output_half_pixel") {
    c.Invalid("attribute 'coordinate_transformation_mode' is '" + coordinates +
              "', expected 'half_pixel' or 'output_half_pixel'.");
  }
  options.half_pixel = coordinates == "half_pixel";
  return options;
}

// One point along one axis: between two elements. Both weights are 0 outside the map.
struct AxisPoint {
  int64_t low = 0, high = 0;
  double low_weight = 0, high_weight = 0;
};

AxisPoint PointAt(double position, int64_t size) {
  AxisPoint point;
  if (!(position >= -1 && position <= static_cast<double>(size))) return point;
  position = std::max(position, 0.0);
  point.low = std::min(static_cast<int64_t>(position), size - 1);
  point.high = std::min(point.low + 1, size - 1);
  if (point.low < point.high) point.high_weight = position - static_cast<double>(point.low);
  point.low_weight = 1 - point.high_weight;
  return point;
}

// The points of a region along one axis: `per_bin` for each of the output's bins.
struct AxisPoints {
  int64_t per_bin = 0;
  std::vector<AxisPoint> points;
};

// `start` and `end` are the region's, in the input's coordinates.
AxisPoints MakePoints(const Options& options, double start, double end, int64_t bins,
                      int64_t size) {
  const double shift = options.half_pixel ? 0.5 : 0;
  start = start * options.spatial_scale - shift;
  double length = end * options.spatial_scale - shift - start;
  if (!options.half_pixel) length = std::max(length, 1.0);
  const double bin = length / static_cast<double>(bins);
  const double count = options.sampling_ratio > 0 ? static_cast<double>(options.sampling_ratio)
                                                  : std::max(std::ceil(bin), 0.0);
  if (!std::isfinite(start + length) || !(count * static_cast<double>(bins) <= kMostPoints)) {
    ThrowInvalidArgument("a region from " + std::to_string(start) + " of length " +
                         std::to_string(length) + " has too many points to sample.");
  }
  AxisPoints axis;
  axis.per_bin = static_cast<int64_t>(count);
  for (int64_t b = 0; b < bins; ++b) {
    for (int64_t i = 0; i < axis.per_bin; ++i) {
      const double inside = (static_cast<double>(i) + 0.5) * bin / count;
      axis.points.push_back(PointAt(start + static_cast<double>(b) * bin + inside, size));
    }
  }
  return axis;
}

// One output value of one plane: the mean of a bin's points, or the largest of their products.
template <class T>
double PoolBin(const AxisPoint* rows, int64_t row_count, const AxisPoint* columns,
               int64_t column_count, bool largest, const T* plane, int64_t width) {
  double result = 0;
  bool first = true;
  for (int64_t i = 0; i < row_count; ++i) {
    const AxisPoint& r = rows[i];
    const T* low = plane + r.low * width;
    const T* high = plane + r.high * width;
    for (int64_t j = 0; j < column_count; ++j) {
      const AxisPoint& q = columns[j];
      const double a = r.low_weight * q.low_weight * static_cast<double>(low[q.low]);
      const double b = r.low_weight * q.high_weight * static_cast<double>(low[q.high]);
      const double d = r.high_weight * q.low_weight * static_cast<double>(high[q.low]);
      const double e = r.high_weight * q.high_weight * static_cast<double>(high[q.high]);
      if (largest) {
        const double most = std::max(std::max(a, b), std::max(d, e));
        result = first ? most : std::max(result, most);
        first = false;
      } else {
        result += a + b + d + e;
      }
    }
  }
  return largest ? result
                 : result / static_cast<double>(std::max<int64_t>(1, row_count * column_count));
}

void CheckShapes(const OpContext& c, const Tensor& x, const Tensor& rois, const Tensor& indices) {
  const bool fits = x.rank() == 4 && rois.rank() == 2 && rois.dim(1) == 4 && indices.rank() == 1 &&
                    indices.dim(0) == rois.dim(0);
  if (!fits) {
    c.Invalid("inputs have shapes " + ToString(x.shape()) + ", " + ToString(rois.shape()) +
              " and " + ToString(indices.shape()) + ", expected [N,C,H,W], [regions,4] and " +
              "[regions].");
  }
  ExpectSameType(c, 0, 1);
}

template <class T>
void Run(OpContext& c) {
  const Tensor x = c.Input(0), rois = c.Input(1);
  CheckShapes(c, x, rois, c.Input(2));
  const std::vector<int64_t> indices = IntegerInput(c, 2);
  const Options options = ReadOptions(c);
  const int64_t channels = x.dim(1), height = x.dim(2), width = x.dim(3);
  Tensor& output = c.Output(0, x.dtype(), {rois.dim(0), channels, options.height, options.width});
  if (output.count() == 0) return;
  if (height == 0 || width == 0) c.Invalid("input 0 has no element to sample.");
  T* y = output.mutable_data<T>();
  for (int64_t n = 0; n < rois.dim(0); ++n) {
    const T* roi = rois.data<T>() + n * 4;
    const AxisPoints columns = MakePoints(options, static_cast<double>(roi[0]),
                                          static_cast<double>(roi[2]), options.width, width);
    const AxisPoints rows = MakePoints(options, static_cast<double>(roi[1]),
                                       static_cast<double>(roi[3]), options.height, height);
    const int64_t sample = CheckedIndex(indices[Size(n)], x.dim(0));
    for (int64_t k = 0; k < channels; ++k) {
      const T* plane = x.data<T>() + (sample * channels + k) * height * width;
      for (int64_t i = 0; i < options.height; ++i) {
        for (int64_t j = 0; j < options.width; ++j) {
          *y++ = static_cast<T>(PoolBin(rows.points.data() + i * rows.per_bin, rows.per_bin,
                                        columns.points.data() + j * columns.per_bin,
                                        columns.per_bin, options.largest, plane, width));
        }
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

QUANTAB_REGISTER(ops, roi_align) {
  r.Add({.name = "RoiAlign", .since = 10, .compute = InFloat<Compute>});
}

}  // namespace quantab
