#include "core/eval/weight_pairs.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/eval/column_weight.h"
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

  const onnx::NodeProto* Node(const GraphView& of, const std::string& value) const {
    const int index = of.Producer(value);
    return index < 0 ? nullptr : &of.graph().node(index);
  }

  // What reads the weight `name` in another form, in the place of a node whose weight it is in the
  // float model; nullptr where there is none.
  const onnx::NodeProto* ReaderInPlace(const std::string& name) const {
    for (const int index : float_view.Consumers(name)) {
      const onnx::NodeProto& reader = float_view.graph().node(index);
      const int weight = reader.op_type() == "Gather" ? 0 : 1;
      if (reader.output_size() == 0 || reader.input_size() <= weight ||
          reader.input(weight) != name) {
        continue;
      }
      const onnx::NodeProto* node = Node(view, reader.output(0));
      // A product may have to get its rank back, and an output of the graph its type.
      for (const char* after : {"Cast", "Reshape"}) {
        if (node == nullptr || node->op_type() != after || node->input_size() == 0) continue;
        node = Node(view, node->input(0));
      }
      if (node == nullptr || node->input_size() < 2) continue;
      if (HasColumnWeight(*node) || CodesOf(*node) != nullptr) return node;
    }
    return nullptr;
  }

  // The codes in blocks that `reader` reads as they lie; nullptr where it reads none.
  const onnx::TensorProto* CodesOf(const onnx::NodeProto& reader) const {
    if (reader.op_type() == "GatherBlockQuantized") {
      const onnx::TensorProto* codes = view.Initializer(reader.input(0));
      // Bytes are several codes each, or have a zero point without saying so.
      return codes != nullptr && TypeOf(*codes) == DType::kUint8 ? nullptr : codes;
    }
    if (reader.op_type() != "MatMul") return nullptr;
    const onnx::NodeProto* made = Node(view, reader.input(1));
    const bool blocks = made != nullptr && made->op_type() == "DequantizeLinear" &&
                        made->input_size() > 1 && IntAttribute(*made, "block_size", 0) > 0;
    return blocks ? view.Initializer(made->input(0)) : nullptr;
  }

  // `integers` is what the weight `name` has become.
  Layout LayoutOf(const std::string& name, const std::string& integers) const {
    Layout layout;
    const auto initializer = [&](const std::string& value) {
      return value.empty() ? nullptr : view.Initializer(value);
    };
    const auto read_by = [&](const onnx::NodeProto& node, int scale, const char* axis,
                             int64_t otherwise) {
      layout.scale = initializer(node.input(scale));
      layout.zero = node.input_size() > scale + 1 ? initializer(node.input(scale + 1)) : nullptr;
      layout.axis = IntAttribute(node, axis, 1);
      layout.block_size = IntAttribute(node, "block_size", otherwise);
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
      if (node.op_type() == "GatherBlockQuantized" && node.input_size() > 2) {
        read_by(node, 2, "quantize_axis", 128);
        break;
      }
      if (node.op_type() != "DequantizeLinear" || node.input_size() < 2 ||
          node.output_size() == 0) {
        continue;
      }
      read_by(node, 1, "axis", 0);
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
    if (found == constants.end()) return std::nullopt;
    const onnx::TensorProto* integers = view.Initializer(QuantizedName(name));
    if (integers == nullptr) {
      const onnx::NodeProto* reader = ReaderInPlace(name);
      if (reader == nullptr) return std::nullopt;
      if (HasColumnWeight(*reader)) return ByColumn(name, *found->second, *reader);
      integers = CodesOf(*reader);
    }
    return integers == nullptr ? std::nullopt : InOrder(name, *found->second, *integers);
  }

  // A matrix may have dimensions of 1 before its own two.
  static Shape MatrixOf(Shape shape) {
    while (shape.size() > 2 && shape.front() == 1) shape.erase(shape.begin());
    return shape;
  }

  std::optional<WeightPair> ByColumn(const std::string& name, const onnx::TensorProto& tensor,
                                     const onnx::NodeProto& reader) const {
    const Shape shape = MatrixOf(ShapeOf(tensor));
    if (shape.size() != 2 || ElementCount(shape) == 0) return std::nullopt;
    auto weight = FindColumnWeight(quantized, view, reader, shape[0], shape[1]);
    if (!weight) return std::nullopt;
    const std::span<const float> numbers = weight->numbers;
    return WeightPair{.name = name,
                      .reals = BytesOf(reference, tensor),
                      .real = TypeOf(tensor),
                      .type = std::move(weight->type),
                      .codes = std::move(weight->codes),
                      .code = weight->code,
                      .numbers = numbers,
                      .limits = numbers.empty() ? *LimitsOf(weight->code)
                                                : LimitsOfNumbers({numbers.begin(), numbers.end()}),
                      .count = ElementCount(shape),
                      .axis = tensor.dims_size() - 2,
                      .block_size = weight->block_size,
                      .groups = WeightGroups(shape, 0, weight->group_size),
                      .scales = std::move(weight->scales),
                      .zeros = std::move(weight->zeros),
                      .stored_bytes = weight->stored_bytes};
  }

  // Of codes that lie as the reals do, or as their transpose.
  std::optional<WeightPair> InOrder(const std::string& name, const onnx::TensorProto& tensor,
                                    const onnx::TensorProto& integers) const {
    const DType code = TypeOf(integers);
    Layout layout = LayoutOf(name, integers.name());
    if (layout.scale == nullptr || BitsOf(code) > 32 || !LimitsOf(code)) return std::nullopt;
    std::vector<float> scales = NumbersOf(quantized, *layout.scale);
    if (scales.size() == 1 && layout.block_size == 0) layout.axis.reset();
    const Shape stored = ShapeOf(integers);
    const Shape shape = stored.size() == 2 ? MatrixOf(ShapeOf(tensor)) : ShapeOf(tensor);
    if (!Fits(layout, stored, shape)) return std::nullopt;
    BlobPtr codes = BytesOf(quantized, integers);
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
    uint64_t stored_bytes = codes->size();
    for (const onnx::TensorProto* parameter : {layout.scale, layout.zero}) {
      if (parameter != nullptr) stored_bytes += BytesOf(quantized, *parameter)->size();
    }
    return WeightPair{.name = name,
                      .reals = BytesOf(reference, tensor),
                      .real = TypeOf(tensor),
                      .type = std::string(NameOf(code)),
                      .codes = std::move(codes),
                      .code = code,
                      .numbers = {},
                      .limits = *LimitsOf(code),
                      .count = ElementCount(shape),
                      .axis = layout.axis,
                      .block_size = layout.block_size,
                      .groups = groups,
                      .scales = std::move(scales),
                      .zeros = std::move(zeros),
                      .stored_bytes = stored_bytes};
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
    if (!pair.numbers.empty()) {
      for (float& number : numbers) number = pair.numbers[static_cast<size_t>(number)];
    }
    visit(begin, reals, numbers);
  }
}

void Dequantize(const WeightPair& pair, int64_t begin, std::span<float> numbers) {
  ForEachElement(pair.groups, begin, numbers.size(), [&](size_t i, size_t group) {
    numbers[i] = (numbers[i] - pair.zeros[group]) * pair.scales[group];
  });
}

}  // namespace quantab
