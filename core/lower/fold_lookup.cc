// Computes functions of one byte beforehand and folds what follows them into their table.
//   before:  q -> QLinearUnary(f) -> y             (also QLinearSigmoid, QLinearLeakyRelu)
//   after:   q -> quantab.Lookup(table) -> y
//   before:  q -> Lookup(t) -> Lookup(u) -> y
//   after:   q -> Lookup(u of t) -> y
//   before:  q -> Lookup(t) -> r;  QLinearMul(q, r) -> y           (also Add, Sub, Div)
//   after:   q -> Lookup(v) -> y
//   before:  q -> Lookup(t) -> r;  QLinearConcat(r, s ...) -> y
//   after:   quantab.LookupConcat(q, w, s, v ...) -> y;  s is copied where y has its scale
// Needs: constant scales and zero points. Tables are made by the operators themselves: results are
// the same to the bit.
#include <map>

#include "core/lower/lower.h"
#include "core/ops/float_call.h"
#include "core/ops/qlinear_table.h"
#include "core/ops/quantization.h"

namespace quantab {
namespace {

constexpr int64_t kBytes = 256;

bool IsLowered(const LowerGraph& graph, int i, std::string_view op_type) {
  return i >= 0 && graph.node(i).domain() == kLowerDomain && graph.node(i).op_type() == op_type;
}

std::optional<QuantizedPoint> PointOf(const LowerGraph& graph, const onnx::NodeProto& node, int i) {
  const std::optional<Tensor> scale = graph.Constant(InputOf(node, i));
  const std::optional<Tensor> zero = graph.Constant(InputOf(node, i + 1));
  if (!scale || !zero || scale->count() != 1 || zero->count() != 1 ||
      scale->dtype() != DType::kFloat || !IsByte(zero->dtype())) {
    return std::nullopt;
  }
  return QuantizedPoint{scale->data<float>()[0], IntegersOf(*zero)[0], zero->dtype()};
}

// All bytes, of one type.
Tensor AllBytes(DType dtype) {
  Tensor bytes(dtype, {kBytes});
  for (size_t i = 0; i < kBytes; ++i) bytes.mutable_raw()[i] = static_cast<std::byte>(i);
  return bytes;
}

// What node `i` gives for each byte of its source, for which it reads `of_bytes` as these inputs;
// nothing where another input is no constant, and where it fails or gives something else, which it
// says when it runs.
std::optional<Tensor> TableOf(const LowerGraph& graph, int i, std::map<int, Tensor> of_bytes) {
  const onnx::NodeProto& node = graph.node(i);
  std::vector<Tensor> inputs;
  for (int at = 0; at < node.input_size(); ++at) {
    std::optional<Tensor> input = Tensor();
    if (const auto known = of_bytes.find(at); known != of_bytes.end()) {
      input = known->second;
    } else if (!InputOf(node, at).empty()) {
      input = graph.Constant(InputOf(node, at));
    }
    if (!input) return std::nullopt;
    inputs.push_back(std::move(*input));
  }
  try {
    Tensor table = CallOperator(node.domain(), node.op_type(), 1, node,
                                Attributes(graph.model(), node), std::move(inputs));
    if (!IsByte(table.dtype()) || table.shape() != Shape{kBytes}) return std::nullopt;
    return table;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void SetLookup(LowerGraph& graph, int i, const std::string& x, const Tensor& table) {
  const onnx::NodeProto& node = graph.node(i);
  const std::string y = OutputOf(node, 0);
  const std::string name = node.name();
  const std::string entries = graph.AddConstant(y + "_table", table);
  graph.Replace(i, MakeNode("Lookup", kLowerDomain, name, {x, entries}, y));
}

bool IsQLinearUnary(const onnx::NodeProto& node) {
  const std::string& op = node.op_type();
  return node.domain() == kLowerDomain ? op == "QLinearUnary"
                                       : node.domain() == "com.microsoft" &&
                                             (op == "QLinearSigmoid" || op == "QLinearLeakyRelu");
}

void Tabulate(LowerGraph& graph, int i) {
  const onnx::NodeProto& node = graph.node(i);
  const auto x = PointOf(graph, node, 1);
  if (!x) return;
  const std::optional<Tensor> table = TableOf(graph, i, {{0, AllBytes(x->dtype)}});
  if (table) SetLookup(graph, i, InputOf(node, 0), *table);
}

// The table of a Lookup.
std::optional<Tensor> EntriesOf(const LowerGraph& graph, int i) {
  if (!IsLowered(graph, i, "Lookup")) return std::nullopt;
  std::optional<Tensor> table = graph.Constant(InputOf(graph.node(i), 1));
  if (!table || table->count() != kBytes || !IsByte(table->dtype())) return std::nullopt;
  return table;
}

// A value as a function of the byte of another: itself, or through a Lookup.
struct Source {
  std::string value;
  Tensor table;
};
Source SourceOf(const LowerGraph& graph, const std::string& value) {
  const int i = graph.Producer(value);
  const std::optional<Tensor> table = EntriesOf(graph, i);
  if (!table) return {value, Tensor()};
  return {InputOf(graph.node(i), 0), *table};
}

Tensor Composed(const Tensor& first, const Tensor& second) {
  Tensor table(second.dtype(), {kBytes});
  LookUp(kBytes, first.raw(), second, table.mutable_raw());
  return table;
}

void FoldChain(LowerGraph& graph, int i) {
  const onnx::NodeProto node = graph.node(i);
  const Source x = SourceOf(graph, InputOf(node, 0));
  const std::optional<Tensor> table = EntriesOf(graph, i);
  if (!x.table.exists() || !table) return;
  SetLookup(graph, i, x.value, Composed(x.table, *table));
}

// Whether an operand is quantized by `point`, as far as its source tells.
bool IsOf(const Source& source, const QuantizedPoint& point) {
  return !source.table.exists() || source.table.dtype() == point.dtype;
}

// The real values of an operand for each byte of the source.
Tensor ValuesOf(const Source& source, const QuantizedPoint& point) {
  const Tensor values = DequantizedBytes(point);
  if (!source.table.exists()) return values;
  Tensor out(DType::kFloat, {kBytes});
  for (size_t i = 0; i < kBytes; ++i) {
    const auto byte = static_cast<size_t>(source.table.raw()[i]);
    out.mutable_data<float>()[i] = values.data<float>()[byte];
  }
  return out;
}

bool IsQLinearBinary(const onnx::NodeProto& node) {
  const std::string& op = node.op_type();
  return node.domain() == kLowerDomain
             ? op == "QLinearSub" || op == "QLinearDiv"
             : node.domain() == "com.microsoft" && (op == "QLinearAdd" || op == "QLinearMul");
}

void FoldBinary(LowerGraph& graph, int i) {
  const onnx::NodeProto node = graph.node(i);
  const Source a = SourceOf(graph, InputOf(node, 0)), b = SourceOf(graph, InputOf(node, 3));
  std::optional<Source> left, right;
  for (const Source& l : {a, Source{InputOf(node, 0), Tensor()}}) {
    for (const Source& r : {b, Source{InputOf(node, 3), Tensor()}}) {
      if (l.value != r.value || left) continue;
      left = l;
      right = r;
    }
  }
  if (!left) return;
  const auto pa = PointOf(graph, node, 1), pb = PointOf(graph, node, 4);
  if (!pa || !pb || !IsOf(*left, *pa) || !IsOf(*right, *pb)) return;
  const auto bytes = [](const Source& source, const QuantizedPoint& point) {
    return source.table.exists() ? source.table : AllBytes(point.dtype);
  };
  const std::optional<Tensor> table =
      TableOf(graph, i, {{0, bytes(*left, *pa)}, {3, bytes(*right, *pb)}});
  if (table) SetLookup(graph, i, left->value, *table);
}

bool IsQLinearConcat(const onnx::NodeProto& node) {
  return node.domain() == "com.microsoft" && node.op_type() == "QLinearConcat" &&
         node.input_size() > 2 && node.input_size() % 3 == 2;
}

// A part of a joined tensor: bytes, and what becomes of them where that is not themselves.
std::optional<Source> PartOf(const LowerGraph& graph, int concat, int i, const QuantizedPoint& to) {
  const onnx::NodeProto& node = graph.node(concat);
  const std::string& value = InputOf(node, i);
  const auto from = PointOf(graph, node, i + 1);
  if (!from) return std::nullopt;
  const bool same = *from == to;
  const Source source = SourceOf(graph, value);
  // A table that others need too is worth folding only where there has to be one anyway.
  if (!source.table.exists() || !IsOf(source, *from) ||
      (same && graph.OnlyReader(value) != concat)) {
    return Source{value, same ? Tensor() : QuantizedTable(DequantizedBytes(*from), to)};
  }
  return same ? source : Source{source.value, QuantizedTable(ValuesOf(source, *from), to)};
}

void FoldConcat(LowerGraph& graph, int i) {
  const onnx::NodeProto node = graph.node(i);
  const auto to = PointOf(graph, node, 0);
  if (!to) return;
  std::vector<Source> parts;
  for (int at = 2; at < node.input_size(); at += 3) {
    const std::optional<Source> part = PartOf(graph, i, at, *to);
    if (!part) return;
    parts.push_back(*part);
  }
  const std::string y = OutputOf(node, 0);
  std::vector<std::string> inputs;
  for (const Source& part : parts) {
    inputs.push_back(part.value);
    inputs.push_back(part.table.exists() ? graph.AddConstant(y + "_table", part.table) : "");
  }
  onnx::NodeProto lowered =
      MakeNode("LookupConcat", kLowerDomain, node.name(), std::move(inputs), y);
  *lowered.mutable_attribute() = node.attribute();
  graph.Replace(i, std::move(lowered));
}

}  // namespace

void FoldLookup(LowerGraph& graph) {
  for (int i = 0; i < graph.size(); ++i) {
    if (IsQLinearUnary(graph.node(i))) Tabulate(graph, i);
  }
  for (int i = 0; i < graph.size(); ++i) {
    if (IsLowered(graph, i, "Lookup")) {
      FoldChain(graph, i);
    } else if (IsQLinearBinary(graph.node(i))) {
      FoldBinary(graph, i);
    }
  }
  // What nobody needs any more reads nothing: it decides whether others need a table.
  graph.RemoveUnneeded();
  for (int i = 0; i < graph.size(); ++i) {
    if (IsQLinearConcat(graph.node(i))) FoldConcat(graph, i);
  }
}

}  // namespace quantab
