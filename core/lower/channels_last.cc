// Keeps images between 8-bit convolutions with their channels last, where these run fastest.
//   before:  x -> QLinearConv -> y -> QLinearConv -> z
//   after:   x -> Transpose -> QLinearConv(channels_last) -> y' -> QLinearConv(channels_last) -> z'
//            -> Transpose -> z
// The same for quantab.ConvIntegerToFloat. What goes element by element between them follows (also
// in float, and quantizing by one scale), as do Concat, MaxPool, BatchNormalization and means of
// bytes; every value so made also has a Transpose back, which goes again where nobody reads it.
// Needs: weights of known shape; for the others, operands that already have their channels last, or
// have one value for each channel.
#include <algorithm>
#include <array>
#include <limits>
#include <map>

#include "core/lower/lower.h"

namespace quantab {
namespace {

// A value with its channels last, of that rank, and whether its elements are known to be 8-bit.
struct Twin {
  std::string value;
  int64_t rank = 0;
  bool bytes = true;
};

// Functions of one element that leave layouts alone; other inputs are scalars.
constexpr std::string_view kUnary[] = {
    "Abs",         "Ceil",      "Celu",      "Clip",  "DynamicQuantizeLinear",
    "Elu",         "Erf",       "Exp",       "Floor", "Gelu",
    "HardSigmoid", "HardSwish", "LeakyRelu", "Log",   "Mish",
    "Neg",         "Relu",      "Round",     "Selu",  "Sigmoid",
    "Softplus",    "Softsign",  "Sqrt",      "Tanh"};

bool IsOneOf(const onnx::NodeProto& node, std::string_view domain,
             std::initializer_list<std::string_view> op_types) {
  if (node.domain() != domain) return false;
  return std::find(op_types.begin(), op_types.end(), node.op_type()) != op_types.end();
}

class ChannelsLastRewriter {
 public:
  explicit ChannelsLastRewriter(LowerGraph& graph) : graph_(graph) {}

  void Run() {
    for (int i : graph_.TopologicalOrder()) Rewrite(i);
    graph_.RemoveUnneeded();
  }

 private:
  void Rewrite(int i) {
    const onnx::NodeProto& node = graph_.node(i);
    if (InputOf(node, 0).empty() || OutputOf(node, 0).empty()) return;
    if (graph_.Is(i, "QLinearConv") || IsOneOf(node, "com.microsoft", {"QLinearConv"})) {
      Conv(i, 3, "com.microsoft");
    } else if (IsOneOf(node, kLowerDomain, {"ConvIntegerToFloat"})) {
      Conv(i, 1, kLowerDomain);
    } else if (IsUnary(i)) {
      Unary(i);
    } else if (IsOneOf(node, "com.microsoft", {"QLinearAdd", "QLinearMul"}) ||
               IsOneOf(node, kLowerDomain, {"QLinearSub", "QLinearDiv"})) {
      Binary(i, 3);
    } else if (graph_.Is(i, "Add") || graph_.Is(i, "Sub") || graph_.Is(i, "Mul") ||
               graph_.Is(i, "Div")) {
      Binary(i, 1);
    } else if (IsOneOf(node, "com.microsoft", {"QLinearConcat"})) {
      Concat(i, 2, 3);
    } else if (IsOneOf(node, kLowerDomain, {"LookupConcat"})) {
      Concat(i, 0, 2);
    } else if (graph_.Is(i, "Concat")) {
      Concat(i, 0, 1);
    } else if (IsOneOf(node, "com.microsoft", {"QLinearGlobalAveragePool", "QLinearAveragePool"}) ||
               IsOneOf(node, kLowerDomain, {"QLinearAveragePool", "QLinearBatchNormalization"})) {
      InBothLayouts(i);
    } else if (graph_.Is(i, "MaxPool")) {
      MaxPool(i);
    } else if (graph_.Is(i, "BatchNormalization")) {
      BatchNormalization(i);
    } else if (graph_.Is(i, "Transpose")) {
      Transpose(i);
    }
  }

  bool IsUnary(int i) const {
    const onnx::NodeProto& node = graph_.node(i);
    if (IsOneOf(node, kLowerDomain, {"Lookup", "QLinearUnary", "Silu"}) ||
        IsOneOf(node, "com.microsoft", {"Gelu", "QLinearLeakyRelu", "QLinearSigmoid"})) {
      return true;
    }
    if (graph_.Is(i, "QuantizeLinear") || graph_.Is(i, "DequantizeLinear")) {
      const std::optional<Tensor> scale = graph_.Constant(InputOf(node, 1));
      return scale && scale->count() == 1 && IntAttribute(node, "block_size", 0) == 0;
    }
    return std::any_of(std::begin(kUnary), std::end(kUnary),
                       [&](std::string_view op_type) { return graph_.Is(i, op_type); });
  }

  void Conv(int i, int weights_at, const char* domain) {
    onnx::NodeProto conv = graph_.node(i);
    const std::optional<Shape> weights = graph_.ConstantShape(InputOf(conv, weights_at));
    if (!weights || weights->size() < 3 || IntAttribute(conv, "channels_last", 0) != 0) return;
    conv.set_input(0, TwinOf(InputOf(conv, 0), static_cast<int64_t>(weights->size())));
    conv.set_domain(domain);
    SetInt(conv, "channels_last", 1);
    const bool bytes = conv.op_type() == "QLinearConv";
    Finish(i, std::move(conv), static_cast<int64_t>(weights->size()), bytes);
  }

  void Unary(int i) {
    onnx::NodeProto node = graph_.node(i);
    const Twin* x = Find(InputOf(node, 0));
    if (x == nullptr) return;
    const int64_t rank = x->rank;
    bool bytes = x->bytes;
    if (graph_.Is(i, "QuantizeLinear")) bytes = graph_.QuantizedTo(i).has_value();
    if (graph_.Is(i, "DequantizeLinear")) bytes = false;
    if (graph_.Is(i, "DynamicQuantizeLinear")) bytes = true;
    node.set_input(0, x->value);
    Finish(i, std::move(node), rank, bytes);
  }

  // Operands are inputs 0 and `second`.
  void Binary(int i, int second) {
    onnx::NodeProto node = graph_.node(i);
    const Twin* a = Find(InputOf(node, 0));
    const Twin* b = Find(InputOf(node, second));
    if ((a == nullptr && b == nullptr) || HasLegacyBroadcast(node)) return;
    const int64_t rank = a != nullptr ? a->rank : b->rank;
    const bool bytes = a != nullptr ? a->bytes : b->bytes;
    for (const int at : {0, second}) {
      const std::optional<std::string> operand = Operand(InputOf(node, at), rank);
      if (!operand) return;
      node.set_input(at, *operand);
    }
    Finish(i, std::move(node), rank, bytes);
  }

  // Before opset 7 an attribute said which dimensions of the first operand the second has.
  static bool HasLegacyBroadcast(const onnx::NodeProto& node) {
    return IntAttribute(node, "broadcast", 0) != 0 || IntAttribute(node, "axis", -1) != -1;
  }

  // Operands are inputs `first`, `first` + `step`, ...
  void Concat(int i, int first, int step) {
    onnx::NodeProto node = graph_.node(i);
    const Twin* foremost = Find(InputOf(node, first));
    if (foremost == nullptr) return;
    const int64_t rank = foremost->rank;
    const bool bytes = foremost->bytes;
    // Without the attribute the node is not one of today's: it runs, or fails, as it is.
    constexpr int64_t kAbsent = std::numeric_limits<int64_t>::min();
    int64_t axis = IntAttribute(node, "axis", kAbsent);
    if (axis < -rank || axis >= rank) return;
    if (axis < 0) axis += rank;
    for (int at = first; at < node.input_size(); at += step) {
      const Twin* x = Find(InputOf(node, at));
      if (x == nullptr || x->rank != rank) return;
      node.set_input(at, x->value);
    }
    SetInt(node, "axis", axis == 0 ? 0 : axis == 1 ? rank - 1 : axis - 1);
    Finish(i, std::move(node), rank, bytes);
  }

  // One that has an attribute for it.
  void InBothLayouts(int i) {
    onnx::NodeProto node = graph_.node(i);
    const Twin* x = Find(InputOf(node, 0));
    if (x == nullptr || IntAttribute(node, "channels_last", 0) != 0) return;
    const int64_t rank = x->rank;
    node.set_input(0, x->value);
    SetInt(node, "channels_last", 1);
    Finish(i, std::move(node), rank);
  }

  // Whether a pooling looks at few pixels for each result. Of more, comparing rows and then
  // columns, as planes allow, is faster.
  static bool HasSmallWindow(const onnx::NodeProto& node) {
    constexpr int64_t kMostPixels = 16;
    int64_t pixels = 1;
    for (const onnx::AttributeProto& attribute : node.attribute()) {
      if (attribute.name() != "kernel_shape") continue;
      for (int64_t size : attribute.ints()) {
        if (size < 1 || size > kMostPixels) return false;
        pixels *= size;
      }
    }
    return pixels <= kMostPixels;
  }

  void MaxPool(int i) {
    onnx::NodeProto node = graph_.node(i);
    const Twin* x = Find(InputOf(node, 0));
    if (x == nullptr || !OutputOf(node, 1).empty()) return;
    const int64_t rank = x->rank;
    const bool bytes = x->bytes;
    if (!bytes && !HasSmallWindow(node)) return;
    node.set_input(0, x->value);
    node.set_op_type("NhwcMaxPool");
    node.set_domain(bytes ? "com.microsoft" : kLowerDomain);
    Finish(i, std::move(node), rank, bytes);
  }

  // Outside training. Where its parameters are constants, the convolution has taken it in by now.
  void BatchNormalization(int i) {
    onnx::NodeProto node = graph_.node(i);
    const Twin* x = Find(InputOf(node, 0));
    if (x == nullptr || node.output_size() != 1 || IntAttribute(node, "training_mode", 0) != 0 ||
        IntAttribute(node, "spatial", 1) == 0) {
      return;
    }
    const int64_t rank = x->rank;
    node.set_input(0, x->value);
    node.set_op_type("NhwcBatchNormalization");
    node.set_domain(kLowerDomain);
    Finish(i, std::move(node), rank, false);
  }

  // One that puts channels last has nothing left to do.
  void Transpose(int i) {
    const onnx::NodeProto& node = graph_.node(i);
    const Twin* x = Find(InputOf(node, 0));
    const std::string& y = OutputOf(node, 0);
    if (x == nullptr || graph_.IsOutput(y) || graph_.IsCaptured(y)) return;
    const std::vector<int64_t> order = ToLast(x->rank);
    for (const onnx::AttributeProto& attribute : node.attribute()) {
      if (attribute.name() != "perm") continue;
      if (!std::equal(order.begin(), order.end(), attribute.ints().begin(),
                      attribute.ints().end())) {
        return;
      }
      graph_.Redirect(std::string(y), x->value);
      graph_.Remove(i);
      return;
    }
  }

  // `node`, which reads twins, in the place of node `i`: its result is the twin of what that gave.
  void Finish(int i, onnx::NodeProto node, int64_t rank, bool bytes = true) {
    const std::string y = OutputOf(graph_.node(i), 0);
    const std::string last = graph_.NewName(y + "_channels_last");
    node.set_output(0, last);
    graph_.Replace(i, std::move(node));
    graph_.Add(MakeTranspose(last, y, ToFirst(rank)));
    twins_[y] = {last, rank, bytes};
  }

  const Twin* Find(const std::string& value) const {
    const auto found = twins_.find(value);
    return found == twins_.end() ? nullptr : &found->second;
  }

  // The twin, made by a Transpose when there is none.
  std::string TwinOf(const std::string& value, int64_t rank) {
    if (const Twin* known = Find(value)) return known->value;
    const std::string last = graph_.NewName(value + "_channels_last");
    graph_.Add(MakeTranspose(value, last, ToLast(rank)));
    twins_[value] = {last, rank};
    return last;
  }

  // What an operand of that rank is with its channels last: its twin, or a constant turned.
  std::optional<std::string> Operand(const std::string& value, int64_t rank) {
    if (const Twin* known = Find(value)) {
      if (known->rank != rank) return std::nullopt;
      return known->value;
    }
    if (IsReshapedByChannel(value, rank)) {
      const std::string last = graph_.NewName(value + "_channels_last");
      constexpr std::array<int64_t, 1> kFlat = {-1};
      const std::string list =
          graph_.AddConstant(last + "_shape", Tensor::From<int64_t>({1}, kFlat));
      graph_.Add(MakeNode("Reshape", "", last, {value, list}, last));
      return last;
    }
    const std::optional<Tensor> constant = graph_.Constant(value);
    if (!constant || constant->rank() > rank) return std::nullopt;
    if (constant->count() == 1) return value;
    // One value for each channel: [C,1,...,1] or [1,C,1,...,1].
    const int64_t channels = constant->rank() - (rank - 1);
    if (channels < 0 || constant->dim(static_cast<int>(channels)) != constant->count()) {
      return std::nullopt;
    }
    return graph_.AddConstant(value + "_channels_last", constant->Reshaped({constant->count()}));
  }

  // Whether `value` is reshaped to [C,1,...,1] or [1,C,1,...,1].
  bool IsReshapedByChannel(const std::string& value, int64_t rank) const {
    const int reshape = graph_.Producer(value);
    if (!graph_.Is(reshape, "Reshape")) return false;
    const std::optional<Tensor> shape = graph_.Constant(InputOf(graph_.node(reshape), 1));
    if (!shape || shape->dtype() != DType::kInt64 || shape->rank() != 1) return false;
    const int64_t channels = shape->count() - (rank - 1);
    if (channels != 0 && channels != 1) return false;
    for (int64_t i = 0; i < shape->count(); ++i) {
      if (i != channels && shape->data<int64_t>()[i] != 1) return false;
    }
    return true;
  }

  onnx::NodeProto MakeTranspose(const std::string& x, const std::string& y,
                                const std::vector<int64_t>& order) const {
    onnx::NodeProto node = MakeNode("Transpose", "", y, {x}, y);
    onnx::AttributeProto* perm = node.add_attribute();
    perm->set_name("perm");
    perm->set_type(onnx::AttributeProto::INTS);
    for (int64_t axis : order) perm->add_ints(axis);
    return node;
  }

  static std::vector<int64_t> ToLast(int64_t rank) {
    std::vector<int64_t> order = {0};
    for (int64_t axis = 2; axis < rank; ++axis) order.push_back(axis);
    order.push_back(1);
    return order;
  }
  static std::vector<int64_t> ToFirst(int64_t rank) {
    std::vector<int64_t> order = {0, rank - 1};
    for (int64_t axis = 1; axis + 1 < rank; ++axis) order.push_back(axis);
    return order;
  }

  LowerGraph& graph_;
  std::map<std::string, Twin> twins_;
};

}  // namespace

void ChannelsLast(LowerGraph& graph) { ChannelsLastRewriter(graph).Run(); }

}  // namespace quantab
