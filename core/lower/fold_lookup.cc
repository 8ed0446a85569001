// Computes functions of one byte beforehand and folds what follows them into their table.
//   before:  q -> QLinearUnary(f) -> y
//   after:   q -> quantab.Lookup(table) -> y
//   before:  q -> Lookup(t) -> Lookup(u) -> y
//   after:   q -> Lookup(u of t) -> y
//   before:  q -> Lookup(t) -> r;  QLinearMul(q, r) -> y        (x * sigmoid(x); also Add, Sub,
//   Div) after:   q -> Lookup(v) -> y
// Needs: constant scales and zero points.
#include "core/lower/lower.h"
#include "core/ops/float_call.h"
#include "core/ops/qlinear_table.h"
#include "core/ops/quantization.h"

namespace quantab {
namespace {

bool IsLowered(const LowerGraph& graph, int i, std::string_view op_type) {
  return i >= 0 && graph.node(i).domain() == kLowerDomain && graph.node(i).op_type() == op_type;
}

std::optional<QuantizedPoint> PointOf(const LowerGraph& graph, const onnx::NodeProto& node, int i) {
  const std::optional<Tensor> scale = graph.Constant(node.input(i));
  const std::optional<Tensor> zero = graph.Constant(node.input(i + 1));
  if (!scale || !zero || scale->count() != 1 || zero->count() != 1) return std::nullopt;
  return QuantizedPoint{scale->data<float>()[0], IntegersOf(*zero)[0], zero->dtype()};
}

void SetLookup(LowerGraph& graph, int i, const std::string& x, const Tensor& table) {
  const onnx::NodeProto& node = graph.node(i);
  const std::string y = node.output(0);
  const std::string name = node.name();
  const std::string entries = graph.AddConstant(y + "_table", table);
  graph.Replace(i, MakeNode("Lookup", kLowerDomain, name, {x, entries}, y));
}

void Tabulate(LowerGraph& graph, int i) {
  const onnx::NodeProto node = graph.node(i);
  const auto x = PointOf(graph, node, 1);
  const auto y = PointOf(graph, node, 3);
  if (!x || !y) return;
  std::vector<Tensor> arguments = {DequantizedBytes(*x)};
  for (int at = 5; at < node.input_size(); ++at) {
    std::optional<Tensor> argument = Tensor();
    if (!node.input(at).empty()) argument = graph.Constant(node.input(at));
    if (!argument) return;
    arguments.push_back(*argument);
  }
  const Attributes attributes(graph.model(), node);
  const std::string op_type = attributes.String("op_type", "");
  Tensor values = arguments[0];
  if (op_type != "Identity") {
    values = CallFloat(op_type, attributes.Int("opset", 0), node, attributes, std::move(arguments));
  }
  SetLookup(graph, i, node.input(0), QuantizedTable(values, *y));
}

// A value as a function of the byte of another: itself, or through a Lookup.
struct Source {
  std::string value;
  Tensor table;
};
Source SourceOf(const LowerGraph& graph, const std::string& value) {
  const int i = graph.Producer(value);
  if (!IsLowered(graph, i, "Lookup")) return {value, Tensor()};
  return {graph.node(i).input(0), *graph.Constant(graph.node(i).input(1))};
}

Tensor Composed(const Tensor& first, const Tensor& second) {
  Tensor table(second.dtype(), {256});
  LookUp(256, first.raw(), second, table.mutable_raw());
  return table;
}

void FoldChain(LowerGraph& graph, int i) {
  const onnx::NodeProto node = graph.node(i);
  const Source x = SourceOf(graph, node.input(0));
  if (!x.table.exists()) return;
  SetLookup(graph, i, x.value, Composed(x.table, *graph.Constant(node.input(1))));
}

// The real values of an operand for each byte of the source.
Tensor ValuesOf(const Source& source, const QuantizedPoint& point) {
  const Tensor values = DequantizedBytes(point);
  if (!source.table.exists()) return values;
  Tensor out(DType::kFloat, {256});
  for (size_t i = 0; i < 256; ++i) {
    const auto byte = static_cast<size_t>(source.table.raw()[i]);
    out.mutable_data<float>()[i] = values.data<float>()[byte];
  }
  return out;
}

void FoldBinary(LowerGraph& graph, int i) {
  const onnx::NodeProto node = graph.node(i);
  const Source a = SourceOf(graph, node.input(0)), b = SourceOf(graph, node.input(3));
  std::optional<Source> left, right;
  for (const Source& l : {a, Source{node.input(0), Tensor()}}) {
    for (const Source& r : {b, Source{node.input(3), Tensor()}}) {
      if (l.value != r.value || left) continue;
      left = l;
      right = r;
    }
  }
  if (!left) return;
  const auto pa = PointOf(graph, node, 1), pb = PointOf(graph, node, 4),
             py = PointOf(graph, node, 6);
  if (!pa || !pb || !py) return;
  const std::string op_type = node.op_type().substr(std::string_view("QLinear").size());
  const Attributes attributes(graph.model(), node);
  const Tensor values = CallFloat(op_type, graph.opset(), node, attributes,
                                  {ValuesOf(*left, *pa), ValuesOf(*right, *pb)});
  SetLookup(graph, i, left->value, QuantizedTable(values, *py));
}

}  // namespace

void FoldLookup(LowerGraph& graph) {
  for (int i = 0; i < graph.size(); ++i) {
    if (IsLowered(graph, i, "QLinearUnary")) Tabulate(graph, i);
  }
  for (int i = 0; i < graph.size(); ++i) {
    const std::string& op = graph.node(i).op_type();
    if (IsLowered(graph, i, "Lookup")) {
      FoldChain(graph, i);
    } else if (op == "QLinearMul" || op == "QLinearAdd" || op == "QLinearSub" ||
               op == "QLinearDiv") {
      FoldBinary(graph, i);
    }
  }
}

}  // namespace quantab
