#include "core/eval/weight_figures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "core/eval/error_sums.h"
#include "core/graph/graph_edit.h"
#include "core/graph/graph_view.h"
#include "core/quant/naming.h"
#include "core/quant/weight.h"
#include "core/quant/weight_groups.h"
#include "core/tensor/half.h"
#include "core/tensor/packed.h"

namespace quantab {
namespace {

// Elements at a time; even, so that no byte of two elements is cut.
constexpr int64_t kPart = 1 << 14;

// Elements of at most 32 bits as the numbers they are; empty for other types.
std::vector<float> NumbersFrom(DType type, const std::byte* bytes, size_t count) {
  std::vector<float> numbers;
  if (HasCodes(type)) {
    const std::array<float, 256> values = ValuesOfCodes(type);
    const auto* codes = reinterpret_cast<const uint8_t*>(bytes);
    for (size_t i = 0; i < count; ++i) {
      numbers.push_back(values[PackedElement(codes, BitsOf(type), i)]);
    }
  } else if (IsHalf(type)) {
    for (size_t i = 0; i < count; ++i) {
      uint16_t bits = 0;
      std::memcpy(&bits, bytes + 2 * i, 2);
      numbers.push_back(type == DType::kFloat16 ? HalfToFloat(bits) : Bfloat16ToFloat(bits));
    }
  } else if (BitsOf(type) <= 32) {
    VisitArithmetic(type, [&](auto zero) {
      using T = decltype(zero);
      for (size_t i = 0; i < count; ++i) {
        T element{};
        std::memcpy(&element, bytes + sizeof(T) * i, sizeof(T));
        numbers.push_back(static_cast<float>(element));
      }
    });
  }
  return numbers;
}

// The lowest and highest of a type's numbers, as far as both have an opposite.
std::pair<float, float> EndsOf(DType type) {
  if (HasCodes(type)) {
    float highest = 0, lowest = 0;
    const std::array<float, 256> values = ValuesOfCodes(type);
    for (size_t code = 0; code < size_t{1} << BitsOf(type); ++code) {
      if (!std::isfinite(values[code])) continue;
      highest = std::max(highest, values[code]);
      lowest = std::min(lowest, values[code]);
    }
    return {std::max(lowest, lowest < 0 ? -highest : lowest), highest};
  }
  std::pair<float, float> ends = {0, 0};
  VisitArithmetic(type, [&](auto zero) {
    using T = decltype(zero);
    const auto highest = static_cast<float>(std::numeric_limits<T>::max());
    ends = {std::is_signed_v<T> ? -highest : 0.0F, highest};
  });
  return ends;
}

// Where a weight's scale and zero point are, and how they lie.
struct Layout {
  const onnx::TensorProto* scale = nullptr;
  const onnx::TensorProto* zero = nullptr;  // or nullptr
  std::optional<int64_t> axis;              // of what reads it, where that says so
  int64_t block_size = 0;
  bool transposed = false;  // against the float weight
};

class WeightComparer {
 public:
  WeightComparer(const Model& reference, const Model& quantized)
      : reference_(reference),
        quantized_(quantized),
        float_view_(reference.proto.graph()),
        view_(quantized.proto.graph()) {}

  std::vector<WeightFigures> Compare(Monitor* monitor) {
    const std::map<std::string, const onnx::TensorProto*> floats = FloatConstants();
    std::vector<WeightFigures> all;
    uint64_t done = 0;
    for (const auto& [name, tensor] : floats) {
      Report(monitor, "prepare", done++, floats.size());
      const onnx::TensorProto* integers = view_.Initializer(QuantizedName(name));
      if (integers == nullptr) continue;
      if (auto figures = CompareOne(name, *tensor, *integers, monitor)) {
        all.push_back(std::move(*figures));
      }
    }
    Report(monitor, "prepare", floats.size(), floats.size());
    std::stable_sort(all.begin(), all.end(), [](const WeightFigures& a, const WeightFigures& b) {
      return Badness(a) > Badness(b);
    });
    return all;
  }

 private:
  static double Badness(const WeightFigures& figures) {
    return std::isnan(figures.sqnr_db) ? std::numeric_limits<double>::infinity() : -figures.sqnr_db;
  }

  std::map<std::string, const onnx::TensorProto*> FloatConstants() const {
    std::map<std::string, const onnx::TensorProto*> all;
    const auto add = [&](const std::string& name, const onnx::TensorProto& tensor) {
      const DType type = TypeOf(tensor);
      if (type == DType::kFloat || type == DType::kFloat16) all.emplace(name, &tensor);
    };
    for (const auto& tensor : reference_.proto.graph().initializer()) add(tensor.name(), tensor);
    for (const auto& node : reference_.proto.graph().node()) {
      if (node.op_type() != "Constant" || node.output_size() != 1) continue;
      const onnx::AttributeProto* value = FindAttribute(node, "value");
      if (value != nullptr && value->has_t()) add(node.output(0), value->t());
    }
    return all;
  }

  Layout LayoutOf(const std::string& name) const {
    Layout layout;
    const std::string integers = QuantizedName(name);
    const auto initializer = [&](const std::string& value) {
      return value.empty() ? nullptr : view_.Initializer(value);
    };
    layout.scale = initializer(ScaleName(name));
    layout.zero = initializer(ZeroPointName(name));
    if (layout.scale == nullptr) {
      layout.scale = initializer(ScaleName(integers));
      layout.zero = initializer(ZeroPointName(integers));
    }
    std::string read = integers;
    for (const int index : view_.Consumers(integers)) {
      const onnx::NodeProto& node = quantized_.proto.graph().node(index);
      if (node.op_type() != "DequantizeLinear" || node.input_size() < 2 ||
          node.output_size() == 0) {
        continue;
      }
      layout.scale = initializer(node.input(1));
      layout.zero = node.input_size() > 2 ? initializer(node.input(2)) : nullptr;
      layout.axis = IntAttribute(node, "axis", 1);
      layout.block_size = IntAttribute(node, "block_size", 0);
      read = node.output(0);
      break;
    }
    layout.transposed = IsTransposed(float_view_, name) != IsTransposed(view_, read);
    if (!layout.axis) layout.axis = AxisOfReader(integers);
    return layout;
  }

  // Whether it is read as the transpose of a matrix.
  static bool IsTransposed(const GraphView& view, const std::string& value) {
    for (const int index : view.Consumers(value)) {
      const onnx::NodeProto& node = view.graph().node(index);
      const bool gemm = node.op_type() == "Gemm" || node.op_type() == "QGemm";
      if (gemm && IntAttribute(node, "transB", 0) != 0) return true;
    }
    return false;
  }

  // The axis along which integer operators have scales of their weights; the last for most.
  std::optional<int64_t> AxisOfReader(const std::string& integers) const {
    for (const int index : view_.Consumers(integers)) {
      const onnx::NodeProto& node = quantized_.proto.graph().node(index);
      const bool conv = node.op_type().find("Conv") != std::string::npos;
      if (conv || (node.op_type() == "QGemm" && IntAttribute(node, "transB", 0) != 0)) return 0;
    }
    return -1;
  }

  std::vector<float> Parameters(const onnx::TensorProto& tensor) const {
    const Tensor loaded = LoadTensor(quantized_, tensor);
    return NumbersFrom(loaded.dtype(), loaded.raw(), static_cast<size_t>(loaded.count()));
  }

  // Whether the integers of `stored` shape can be of a weight of `shape`; makes the axis count from
  // the first. `layout` is the integers'.
  static bool Fits(Layout& layout, const Shape& stored, const Shape& shape) {
    const auto rank = static_cast<int64_t>(stored.size());
    if (layout.axis && *layout.axis < 0) *layout.axis += rank;
    if (layout.axis && (*layout.axis < 0 || *layout.axis >= rank)) return false;
    if (layout.block_size < 0 || (layout.block_size > 0 && (rank != 2 || !layout.axis))) {
      return false;
    }
    if (layout.transposed && rank != 2) return false;
    return (layout.transposed ? Shape{stored[1], stored[0]} : stored) == shape &&
           ElementCount(shape) > 0;
  }

  // A weight in both forms. Integers lie as the reals do.
  struct Pair {
    BlobPtr reals;
    DType real;
    BlobPtr codes;
    DType code;
    int64_t count;
    WeightGroups groups;
    std::vector<float> scales, zeros;  // of each group
  };

  std::optional<Pair> PairOf(const onnx::TensorProto& tensor, const onnx::TensorProto& integers,
                             Layout& layout) const {
    if (layout.scale == nullptr) return std::nullopt;
    std::vector<float> scales = Parameters(*layout.scale);
    if (scales.size() == 1 && layout.block_size == 0) layout.axis.reset();
    const Shape shape = ShapeOf(tensor);
    const Shape stored = ShapeOf(integers);
    if (!Fits(layout, stored, shape)) return std::nullopt;
    BlobPtr codes = BytesOf(quantized_, integers);
    if (layout.transposed) {
      if (BitsOf(TypeOf(integers)) != 8) return std::nullopt;
      codes = TransposedBlob(codes, 1, stored[0], stored[1], 1);
      if (layout.axis) layout.axis = 1 - *layout.axis;
    }
    const WeightGroups groups(shape, layout.axis, layout.block_size);
    std::vector<float> zeros = {0};
    if (layout.zero != nullptr) zeros = Parameters(*layout.zero);
    if (zeros.size() == 1) zeros.resize(scales.size(), zeros[0]);
    if (static_cast<int64_t>(scales.size()) != groups.count() || zeros.size() != scales.size()) {
      return std::nullopt;
    }
    return Pair{.reals = BytesOf(reference_, tensor),
                .real = TypeOf(tensor),
                .codes = std::move(codes),
                .code = TypeOf(integers),
                .count = ElementCount(shape),
                .groups = groups,
                .scales = std::move(scales),
                .zeros = std::move(zeros)};
  }

  std::optional<WeightFigures> CompareOne(const std::string& name, const onnx::TensorProto& tensor,
                                          const onnx::TensorProto& integers,
                                          Monitor* monitor) const {
    Layout layout = LayoutOf(name);
    const std::optional<Pair> pair = PairOf(tensor, integers, layout);
    WeightFigures figures;
    if (!pair || !Measure(*pair, monitor, figures)) return std::nullopt;
    figures.name = name;
    for (const int index : float_view_.Consumers(name)) {
      figures.nodes.push_back(NodeLabel(reference_.proto.graph().node(index), index));
    }
    figures.type = NameOf(pair->code);
    figures.scheme = layout.block_size > 0 ? "block" : layout.axis ? "axis" : "tensor";
    figures.axis = layout.axis;
    figures.block_size = layout.block_size;
    figures.bytes_before = pair->reals->size();
    figures.bytes_after = pair->codes->size();
    for (const onnx::TensorProto* parameter : {layout.scale, layout.zero}) {
      if (parameter != nullptr) figures.bytes_after += BytesOf(quantized_, *parameter)->size();
    }
    return figures;
  }

  // Fills in the errors. False for a type of integers that is not known.
  static bool Measure(const Pair& pair, Monitor* monitor, WeightFigures& figures) {
    const auto [lowest, highest] = EndsOf(pair.code);
    ErrorSums sums;
    uint64_t at_ends = 0;
    std::vector<float> reals;
    std::vector<std::byte> bytes;
    for (int64_t begin = 0; begin < pair.count; begin += kPart) {
      CheckCancelled(monitor);
      const int64_t n = std::min(kPart, pair.count - begin);
      reals.resize(static_cast<size_t>(n));
      ReadReals(*pair.reals, pair.real, static_cast<uint64_t>(begin), reals);
      bytes.resize(BytesOf(pair.code, n));
      pair.codes->Read(BytesOf(pair.code, begin), bytes);
      std::vector<float> numbers = NumbersFrom(pair.code, bytes.data(), reals.size());
      if (numbers.empty()) return false;
      for (const float number : numbers) {
        if (number <= lowest || number >= highest) ++at_ends;
      }
      Dequantize(pair, begin, numbers);
      sums.Add(reals, numbers);
    }
    const ErrorFigures errors = sums.Figures();
    figures.sqnr_db = errors.sqnr_db;
    figures.max_abs_error = errors.max_abs_error;
    figures.saturated = static_cast<double>(at_ends) / static_cast<double>(pair.count);
    return true;
  }

  // `numbers` are those from element `begin` on.
  static void Dequantize(const Pair& pair, int64_t begin, std::vector<float>& numbers) {
    const WeightGroups& groups = pair.groups;
    const auto count = static_cast<int64_t>(numbers.size());
    groups.ForEachRun(begin, count, [&](int64_t group, int64_t first, int64_t length) {
      for (int64_t i = 0; i < length; ++i) {
        const auto g = static_cast<size_t>(groups.consecutive() ? group + i : group);
        float& number = numbers[static_cast<size_t>(first + i)];
        number = (number - pair.zeros[g]) * pair.scales[g];
      }
    });
  }

  const Model& reference_;
  const Model& quantized_;
  const GraphView float_view_, view_;
};

}  // namespace

std::vector<WeightFigures> CompareWeights(const Model& reference, const Model& quantized,
                                          Monitor* monitor) {
  return WeightComparer(reference, quantized).Compare(monitor);
}

}  // namespace quantab
