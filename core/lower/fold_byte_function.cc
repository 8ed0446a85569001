// Computes beforehand what float operators between quantized tensors make of each byte.
//   before:  q -> DQ -> x;  x * (1 + Erf(x / 1.41)) * 0.5 -> Q(s, z) -> y
//            (any functions of one element and arithmetic with numbers, with or without Q -> DQ
//            between them)
//   after:   q -> quantab.Lookup(table) -> y
// Needs: one tensor of bytes from which all comes; one scale for each tensor; constants without
// dimensions. Whoever else reads between the nodes still can.
#include <algorithm>
#include <array>
#include <map>

#include "core/lower/lower.h"
#include "core/ops/float_call.h"
#include "core/ops/qlinear_table.h"
#include "core/ops/quantization.h"

namespace quantab {
namespace {

constexpr int64_t kBytes = 256;
// Operators between two quantized tensors, at most.
constexpr int kMostNodes = 32;

constexpr std::array<std::string_view, 29> kUnary = {
    "Abs",      "Atan",  "Ceil",        "Celu",      "Clip", "Cos",  "Elu",       "Erf",
    "Exp",      "Floor", "Gelu",        "HardSwish", "Log",  "Mish", "LeakyRelu", "Neg",
    "Relu",     "Round", "Reciprocal",  "Selu",      "Sign", "Sin",  "Sigmoid",   "Softplus",
    "Softsign", "Sqrt",  "HardSigmoid", "Swish",     "Tanh"};
constexpr std::array<std::string_view, 5> kBinary = {"Add", "Div", "Mul", "Pow", "Sub"};

template <size_t kCount>
bool IsOneOf(const LowerGraph& graph, int i, const std::array<std::string_view, kCount>& ops) {
  return std::any_of(ops.begin(), ops.end(), [&](std::string_view op) { return graph.Is(i, op); });
}

QuantizedPoint PointOf(const PerTensor& by) { return {by.scale_value, by.zero_value, by.dtype}; }

// The values of one result for each byte of the tensor that it comes from.
class ByteFunction {
 public:
  explicit ByteFunction(LowerGraph& graph) : graph_(graph) {}

  // The float `value`; nothing when it is no such function.
  std::optional<Tensor> ValuesOf(const std::string& value) {
    if (value.empty()) return std::nullopt;
    const auto known = known_.find(value);
    if (known != known_.end()) return known->second;
    std::optional<Tensor> values = Evaluate(value);
    known_[value] = values;
    return values;
  }

  const std::string& source() const { return source_; }
  // Operators other than DequantizeLinear and QuantizeLinear.
  int operators() const { return operators_; }

 private:
  std::optional<Tensor> Evaluate(const std::string& value) {
    const int i = graph_.Producer(value);
    if (std::optional<Tensor> number = NumberOf(value)) return number;
    if (graph_.Is(i, "DequantizeLinear")) return Dequantized(value);
    const bool unary = IsOneOf(graph_, i, kUnary), binary = IsOneOf(graph_, i, kBinary);
    if ((!unary && !binary) || ++operators_ > kMostNodes) return std::nullopt;
    std::vector<Tensor> inputs;
    for (int at = 0; at < graph_.node(i).input_size(); ++at) {
      const std::string& input = InputOf(graph_.node(i), at);
      const bool may_be_absent = input.empty() && at > 0;
      const std::optional<Tensor> values = may_be_absent ? Tensor() : ValuesOf(input);
      if (!values) return std::nullopt;
      inputs.push_back(*values);
    }
    return Call(i, std::move(inputs));
  }

  // What node `i` makes of its inputs; nothing where it fails or gives another shape, which the
  // node says when it runs.
  std::optional<Tensor> Call(int i, std::vector<Tensor> inputs) const {
    const onnx::NodeProto& node = graph_.node(i);
    try {
      Tensor values = CallFloat(node.op_type(), graph_.opset(), node,
                                Attributes(graph_.model(), node), std::move(inputs));
      if (values.dtype() != DType::kFloat || values.shape() != Shape{kBytes}) return std::nullopt;
      return values;
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  // A constant without dimensions, or one behind a DequantizeLinear.
  std::optional<Tensor> NumberOf(const std::string& value) const {
    const auto number = [&](const std::string& name) -> std::optional<Tensor> {
      const std::optional<Shape> shape = graph_.ConstantShape(name);
      if (!shape || !shape->empty()) return std::nullopt;
      return graph_.Constant(name);
    };
    std::optional<Tensor> plain = number(value);
    if (plain && plain->dtype() == DType::kFloat) return plain;
    const auto quantized = graph_.DequantizedFromConstant(value);
    if (!quantized || quantized->scales.count() != 1) return std::nullopt;
    const std::optional<Tensor> code = number(quantized->value);
    const std::optional<Tensor> zero =
        quantized->zero.empty() ? Tensor() : graph_.Constant(quantized->zero);
    if (!code || !zero || (zero->exists() && zero->count() != 1)) return std::nullopt;
    Tensor real(DType::kFloat, {});
    DequantizeRun(1, code->raw(), code->dtype(), quantized->scales.data<float>()[0],
                  zero->exists() ? IntegersOf(*zero)[0] : 0, real.mutable_data<float>());
    return real;
  }

  // What a DequantizeLinear makes of the source, or of a table's results for it.
  std::optional<Tensor> Dequantized(const std::string& value) {
    const auto from = graph_.DequantizedFrom(value);
    if (!from) return std::nullopt;
    Tensor reals = DequantizedBytes(PointOf(from->by));
    std::string source = from->value;
    const int lookup = graph_.Producer(from->value);
    if (IsLookup(lookup)) {
      const std::optional<Tensor> table = graph_.Constant(InputOf(graph_.node(lookup), 1));
      if (!table || table->dtype() != from->by.dtype) return std::nullopt;
      const Tensor of_results = reals;
      reals = Tensor(DType::kFloat, {kBytes});
      for (size_t at = 0; at < kBytes; ++at) {
        const auto byte = static_cast<size_t>(table->raw()[at]);
        reals.mutable_data<float>()[at] = of_results.data<float>()[byte];
      }
      source = InputOf(graph_.node(lookup), 0);
    }
    if (!source_.empty() && source_ != source) return std::nullopt;
    source_ = source;
    return reals;
  }

  bool IsLookup(int i) const {
    return i >= 0 && graph_.node(i).domain() == kLowerDomain &&
           graph_.node(i).op_type() == "Lookup";
  }

  LowerGraph& graph_;
  std::map<std::string, std::optional<Tensor>> known_;
  std::string source_;
  int operators_ = 0;
};

void Fold(LowerGraph& graph, int i) {
  ByteFunction function(graph);
  const std::optional<Tensor> values = function.ValuesOf(InputOf(graph.node(i), 0));
  if (!values || values->shape() != Shape{kBytes} || function.operators() == 0) return;
  const std::optional<PerTensor> by = graph.QuantizedTo(i);
  if (!by) return;
  const onnx::NodeProto& quantize = graph.node(i);
  const std::string y = OutputOf(quantize, 0);
  const std::string table = graph.AddConstant(y + "_table", QuantizedTable(*values, PointOf(*by)));
  graph.Replace(i,
                MakeNode("Lookup", kLowerDomain, quantize.name(), {function.source(), table}, y));
}

}  // namespace

void FoldByteFunction(LowerGraph& graph) {
  // Forwards: a function of what a Lookup made is one of the Lookup's input.
  for (int i : graph.TopologicalOrder()) {
    if (graph.Is(i, "QuantizeLinear")) Fold(graph, i);
  }
}

}  // namespace quantab
