#include "core/eval/weight_pairs.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/eval/stored_numbers.h"
#include "core/graph/graph_edit.h"
#include "core/graph/graph_view.h"
#include "core/quant/naming.h"
#include "core/quant/weight.h"

namespace quantab {
namespace {

// Elements at a time; even, so that no byte of two elements is cut.
constexpr int64_t kPart = 1 << 14;

// Where a weight's scale and zero point are, and how they lie.
struct Layout {
  const onnx::TensorProto* scale = nullptr;
  const onnx::TensorProto* zero = nullptr;  // or nullptr
  std::optional<int64_t> axis;              // of what reads it, where that says so
  int64_t block_size = 0;
  bool transposed = false;  // against the float weight
};

std::map<std::string, const onnx::TensorProto*> ConstantsOf(const Model& reference) {
  std::map<std::string, const onnx::TensorProto*> all;
  const auto add = [&](const std::string& name, const onnx::TensorProto& tensor) {
    const DType type = TypeOf(tensor);
    if (type == DType::kFloat || type == DType::kFloat16) all.emplace(name, &tensor);
  };
  for (const auto& tensor : reference.proto.graph().initializer()) add(tensor.name(), tensor);
  for (const auto& node : reference.proto.graph().node()) {
    if (node.op_type() != "Constant" || node.output_size() != 1) continue;
    const onnx::AttributeProto* value = FindAttribute(node, "value");
    if (value != nullptr && value->has_t()) add(node.output(0), value->t());
  }
  return all;
}

}  // namespace

struct WeightPairs::Impl {
  Impl(const Model& floats, const Model& integers)
      : reference(floats),
        quantized(integers),
        constants(ConstantsOf(floats)),
        float_view(floats.proto.graph()),
        view(integers.proto.graph()) {}

  Layout LayoutOf(const std::string& name) const {
    Layout layout;
    const std::string integers = QuantizedName(name);
    const auto initializer = [&](const std::string& value) {
      return value.empty() ? nullptr : view.Initializer(value);
    };
    layout.scale = initializer(ScaleName(name));
    layout.zero = initializer(ZeroPointName(name));
    if (layout.scale == nullptr) {
      layout.scale = initializer(ScaleName(integers));
      layout.zero = initializer(ZeroPointName(integers));
    }
    std::string read = integers;
    for (const int index : view.Consumers(integers)) {
      const onnx::NodeProto& node = quantized.proto.graph().node(index);
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
    layout.transposed = IsTransposed(float_view, name) != IsTransposed(view, read);
    if (!layout.axis) layout.axis = AxisOfReader(integers);
    return layout;
  }

  // Whether it is read as the transpose of a matrix.
  static bool IsTransposed(const GraphView& of, const std::string& value) {
    for (const int index : of.Consumers(value)) {
      const onnx::NodeProto& node = of.graph().node(index);
      const bool gemm = node.op_type() == "Gemm" || node.op_type() == "QGemm";
      if (gemm && IntAttribute(node, "transB", 0) != 0) return true;
    }
    return false;
  }

  // The axis along which integer operators have scales of their weights; the last for most.
  std::optional<int64_t> AxisOfReader(const std::string& integers) const {
    for (const int index : view.Consumers(integers)) {
      const onnx::NodeProto& node = quantized.proto.graph().node(index);
      const bool conv = node.op_type().find("Conv") != std::string::npos;
      if (conv || (node.op_type() == "QGemm" && IntAttribute(node, "transB", 0) != 0)) return 0;
    }
    return -1;
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

  std::optional<WeightPair> Find(const std::string& name) const {
    const auto found = constants.find(name);
    const onnx::TensorProto* integers = view.Initializer(QuantizedName(name));
    if (found == constants.end() || integers == nullptr) return std::nullopt;
    const onnx::TensorProto& tensor = *found->second;
    const DType code = TypeOf(*integers);
    Layout layout = LayoutOf(name);
    if (layout.scale == nullptr || BitsOf(code) > 32 || !LimitsOf(code)) return std::nullopt;
    std::vector<float> scales = NumbersOf(quantized, *layout.scale);
    if (scales.size() == 1 && layout.block_size == 0) layout.axis.reset();
    const Shape shape = ShapeOf(tensor);
    const Shape stored = ShapeOf(*integers);
    if (!Fits(layout, stored, shape)) return std::nullopt;
    BlobPtr codes = BytesOf(quantized, *integers);
    if (layout.transposed) {
      if (BitsOf(code) != 8) return std::nullopt;
      codes = TransposedBlob(codes, 1, stored[0], stored[1], 1);
      if (layout.axis) layout.axis = 1 - *layout.axis;
    }
    const WeightGroups groups(shape, layout.axis, layout.block_size);
    std::vector<float> zeros = {0};
    if (layout.zero != nullptr) zeros = NumbersOf(quantized, *layout.zero);
    if (zeros.size() == 1) zeros.resize(scales.size(), zeros[0]);
    if (static_cast<int64_t>(scales.size()) != groups.count() || zeros.size() != scales.size()) {
      return std::nullopt;
    }
    uint64_t parameter_bytes = 0;
    for (const onnx::TensorProto* parameter : {layout.scale, layout.zero}) {
      if (parameter != nullptr) parameter_bytes += BytesOf(quantized, *parameter)->size();
    }
    return WeightPair{.name = name,
                      .reals = BytesOf(reference, tensor),
                      .real = TypeOf(tensor),
                      .codes = std::move(codes),
                      .code = code,
                      .count = ElementCount(shape),
                      .axis = layout.axis,
                      .block_size = layout.block_size,
                      .groups = groups,
                      .scales = std::move(scales),
                      .zeros = std::move(zeros),
                      .parameter_bytes = parameter_bytes};
  }

  const Model &reference, &quantized;
  const std::map<std::string, const onnx::TensorProto*> constants;
  const GraphView float_view, view;
};

WeightPairs::WeightPairs(const Model& reference, const Model& quantized)
    : impl_(std::make_unique<Impl>(reference, quantized)) {}
WeightPairs::~WeightPairs() = default;

std::vector<std::string> WeightPairs::FloatConstants() const {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : impl_->constants) names.push_back(name);
  return names;
}

std::optional<WeightPair> WeightPairs::Find(const std::string& name) const {
  return impl_->Find(name);
}

void ReadWeight(const WeightPair& pair, Monitor* monitor, const WeightVisitor& visit) {
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
    visit(begin, reals, numbers);
  }
}

void Dequantize(const WeightPair& pair, int64_t begin, std::span<float> numbers) {
  ForEachElement(pair.groups, begin, numbers.size(), [&](size_t i, size_t group) {
    numbers[i] = (numbers[i] - pair.zeros[group]) * pair.scales[group];
  });
}

}  // namespace quantab
