// Element-wise functions of 8-bit tensors, as a table of 256 results:
//   y = quantize(f(dequantize(x)))
//
//   com.microsoft: QLinearSigmoid, QLinearLeakyRelu (x, x_scale, x_zero, y_scale, y_zero)
//   quantab, made by lowering only:
//     QLinearUnary (the same inputs, then further inputs of f), attribute 'op_type' names f; all
//       attributes of f are the node's own
//     Lookup (x, table): y = table[x] with a constant table of 256 bytes
#include "core/onnx/model.h"
#include "core/ops/float_call.h"
#include "core/ops/qlinear_table.h"
#include "core/ops/quantization.h"

namespace quantab {
namespace {

struct State : OpState {
  DType x_type = DType::kUndefined;  // what the table is for
  Tensor table;
};

void Apply(OpContext& c, const Tensor& table) {
  IsSignedByte(c, 0);
  const Tensor x = c.Input(0);
  Tensor& y = c.Output(0, table.dtype(), x.shape());
  LookUp(Size(x.count()), x.raw(), table, y.mutable_raw());
}

// What computing a table needs, from either context; nothing when a scale or a zero point is not an
// 8-bit type's scalar.
std::optional<Tensor> MakeTable(const onnx::NodeProto& node, const Attributes& attributes,
                                int64_t opset, std::string_view op_type, DType x_type,
                                const std::vector<const Tensor*>& inputs) {
  const auto given = [&](size_t i) { return inputs.size() > i ? inputs[i] : nullptr; };
  const auto fits = [](const Tensor* scale, const Tensor* zero) {
    return scale != nullptr && scale->dtype() == DType::kFloat && scale->count() == 1 &&
           (zero == nullptr || (IsByte(zero->dtype()) && zero->count() == 1));
  };
  const Tensor *x_scale = given(1), *x_zero = given(2), *y_scale = given(3), *y_zero = given(4);
  if (!IsByte(x_type) || !fits(x_scale, x_zero) || !fits(y_scale, y_zero)) return std::nullopt;
  const QuantizedPoint x{x_scale->data<float>()[0], ZeroPoints(x_zero)[0], x_type};
  const QuantizedPoint y{y_scale->data<float>()[0], ZeroPoints(y_zero)[0],
                         y_zero ? y_zero->dtype() : x_type};
  std::vector<Tensor> arguments = {DequantizedBytes(x)};
  for (size_t i = 5; i < inputs.size(); ++i) {
    arguments.push_back(inputs[i] ? *inputs[i] : Tensor());
  }
  if (op_type == "Identity") return QuantizedTable(arguments[0], y);
  return QuantizedTable(CallFloat(op_type, opset, node, attributes, std::move(arguments)), y);
}

std::unique_ptr<OpState> PrepareTable(PrepareContext& c, std::string_view op_type, int64_t opset) {
  std::vector<const Tensor*> inputs = {nullptr};
  for (int i = 1; i < c.input_count(); ++i) {
    const bool given = !c.node().input(i).empty();
    inputs.push_back(given ? c.Constant(i) : nullptr);
    if (given && inputs.back() == nullptr) return nullptr;
  }
  const DType x_type = inputs.size() > 2 && inputs[2] ? inputs[2]->dtype() : c.InputType(0);
  std::optional<Tensor> table = MakeTable(c.node(), c.attributes(), opset, op_type, x_type, inputs);
  if (!table) return nullptr;
  auto state = std::make_unique<State>();
  state->x_type = x_type;
  state->table = std::move(*table);
  return state;
}

void ComputeTable(OpContext& c, std::string_view op_type, int64_t opset) {
  const auto* state = static_cast<const State*>(c.state());
  if (state && state->x_type == c.Input(0).dtype()) return Apply(c, state->table);
  std::vector<const Tensor*> inputs;
  for (int i = 0; i < c.input_count(); ++i) inputs.push_back(c.Optional(i));
  const std::optional<Tensor> table =
      MakeTable(c.node(), c.attributes(), opset, op_type, c.Input(0).dtype(), inputs);
  if (!table) c.Unsupported("scales and zero points must be scalars of float32 and 8-bit types.");
  Apply(c, *table);
}

// The opset that the named functions are taken from; their definition has not changed since.
constexpr int64_t kNamedOpset = 16;

std::unique_ptr<OpState> PrepareSigmoid(PrepareContext& c) {
  return PrepareTable(c, "Sigmoid", kNamedOpset);
}
void ComputeSigmoid(OpContext& c) { ComputeTable(c, "Sigmoid", kNamedOpset); }
std::unique_ptr<OpState> PrepareLeakyRelu(PrepareContext& c) {
  return PrepareTable(c, "LeakyRelu", kNamedOpset);
}
void ComputeLeakyRelu(OpContext& c) { ComputeTable(c, "LeakyRelu", kNamedOpset); }

std::unique_ptr<OpState> PrepareUnary(PrepareContext& c) {
  return PrepareTable(c, c.attributes().String("op_type", ""), c.attributes().Int("opset", 0));
}
void ComputeUnary(OpContext& c) {
  ComputeTable(c, c.attributes().String("op_type", ""), c.attributes().Int("opset", 0));
}

void ComputeLookup(OpContext& c) {
  const Tensor table = c.Input(1);
  IsSignedByte(c, 1);
  if (table.count() != 256) {
    c.Invalid("input 1 has shape " + ToString(table.shape()) + ", expected [256].");
  }
  Apply(c, table);
}

}  // namespace

QUANTAB_REGISTER(ops, qlinear_unary) {
  const auto add = [&r](std::string_view name, std::string_view domain,
                        std::unique_ptr<OpState> (*prepare)(PrepareContext&),
                        void (*compute)(OpContext&)) {
    r.Add(
        {.name = name, .domain = domain, .in_place = true, .prepare = prepare, .compute = compute});
  };
  add("QLinearSigmoid", "com.microsoft", PrepareSigmoid, ComputeSigmoid);
  add("QLinearLeakyRelu", "com.microsoft", PrepareLeakyRelu, ComputeLeakyRelu);
  add("QLinearUnary", "quantab", PrepareUnary, ComputeUnary);
  add("Lookup", "quantab", nullptr, ComputeLookup);
}

}  // namespace quantab
