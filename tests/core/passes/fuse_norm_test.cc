// Layer and root mean square normalizations that are written out. Expected values come from running
// the model as it was.
#include "core/onnx/official.h"
#include "tests/core/passes/fuse_testing.h"

namespace quantab {
namespace {

struct NormForm {
  int64_t opset = 17;
  Shape x = {2, 3, 8};
  std::vector<int64_t> axes = {-1};
  bool centred = true;
  bool square_by_mul = false;
  bool twice = false;   // d is computed twice
  std::string inverse;  // "": Div; or "Reciprocal", "Div", "Pow"
  std::string root = "Sqrt";
  Shape scale = {8};
  Shape bias = {8};
  bool with_scale = true, with_bias = true;
  float epsilon = 1e-5f;
};

class NormWriter : public GraphBuilder {
 public:
  explicit NormWriter(const NormForm& form) : GraphBuilder(form.opset), form_(form) {
    std::vector<Dim> dims(form.x.begin(), form.x.end());
    Input("x", DType::kFloat, dims);
    Initializer("two", F32({}, {2})).Initializer("one", F32({}, {1}));
    Initializer("half", F32({}, {0.5})).Initializer("minus_half", F32({}, {-0.5}));
    Initializer("axes", I64({static_cast<int64_t>(form.axes.size())}, form.axes));
    Initializer("epsilon", F32({}, {form.epsilon}));
    std::string d = "x", d2 = "x";
    if (form.centred) {
      Mean("x", "mean");
      Node("Sub", {"x", "mean"}, {"d"});
      if (form.twice) Node("Sub", {"x", "mean"}, {"d2"});
      d = "d";
      d2 = form.twice ? "d2" : "d";
    }
    if (form.square_by_mul) {
      Node("Mul", {d2, d2}, {"square"});
    } else {
      Node("Pow", {d2, "two"}, {"square"});
    }
    Mean("square", "variance");
    Node("Add", {"variance", "epsilon"}, {"sum"});
    Divide(d);
    std::string last = "norm";
    const auto follow = [&](const char* op, const char* constant, const Shape& shape) {
      Initializer(constant, Noise(shape, 5));
      Node(op, {constant, last}, {std::string(constant) + "_out"});
      last = std::string(constant) + "_out";
    };
    if (form.with_scale) follow("Mul", "scale", form.scale);
    if (form.with_bias) follow("Add", "bias", form.bias);
    Output(last, DType::kFloat);
  }

 private:
  void Mean(const std::string& from, const std::string& to) {
    if (form_.opset >= 18) {
      Node("ReduceMean", {from, "axes"}, {to});
    } else {
      Node("ReduceMean", {from}, {to}, {{"axes", form_.axes}});
    }
  }
  void Divide(const std::string& d) {
    if (form_.inverse == "Pow") {
      Node("Pow", {"sum", "minus_half"}, {"inverse"});
    } else if (form_.root == "Pow") {
      Node("Pow", {"sum", "half"}, {"root"});
    } else {
      Node("Sqrt", {"sum"}, {"root"});
    }
    if (form_.inverse == "Reciprocal") Node("Reciprocal", {"root"}, {"inverse"});
    if (form_.inverse == "Div") Node("Div", {"one", "root"}, {"inverse"});
    if (form_.inverse.empty()) {
      Node("Div", {d, "root"}, {"norm"});
    } else {
      Node("Mul", {"inverse", d}, {"norm"});
    }
  }
  NormForm form_;
};

TEST(FuseLayerNormalization, EveryForm) {
  const char* pass = "fuse_layer_normalization";
  for (const char* inverse : {"", "Reciprocal", "Div", "Pow"}) {
    for (const bool flag : {false, true}) {
      NormForm form;
      form.inverse = inverse;
      form.square_by_mul = flag;
      form.twice = flag;
      form.root = flag ? "Pow" : "Sqrt";
      form.opset = flag ? 18 : 17;
      ExpectFused(NormWriter(form).model(), pass, {"LayerNormalization"});
    }
  }
}

TEST(FuseLayerNormalization, AxesAndMissingParts) {
  const char* pass = "fuse_layer_normalization";
  NormForm axes;
  axes.axes = {2, 1};
  axes.scale = axes.bias = {3, 8};
  NormWriter from_front(axes);
  ExpectKept(from_front.model(), pass);
  EXPECT_FALSE(InferShapes(from_front.model()).has_value());  // tells where the axes are
  ExpectFused(from_front.model(), pass, {"LayerNormalization"});
  axes.axes = {-2, -1};
  axes.scale = axes.bias = {8};  // not one for each element
  ExpectFused(NormWriter(axes).model(), pass, {"LayerNormalization", "Mul", "Add"});
  NormForm plain;
  plain.with_scale = plain.with_bias = false;
  ExpectFused(NormWriter(plain).model(), pass, {"LayerNormalization"});
  NormForm bias;
  bias.with_scale = false;
  ExpectFused(NormWriter(bias).model(), pass, {"LayerNormalization"});
  NormForm scale;
  scale.bias = {1, 3, 1};
  ExpectFused(NormWriter(scale).model(), pass, {"LayerNormalization", "Add"});
}

TEST(FuseLayerNormalization, Leaves) {
  const char* pass = "fuse_layer_normalization";
  NormForm old;
  old.opset = 16;
  ExpectKept(NormWriter(old).model(), pass);
  NormForm inside;
  inside.axes = {1};
  ExpectKept(NormWriter(inside).model(), pass);
  NormForm epsilon;
  epsilon.epsilon = 0;
  ExpectKept(NormWriter(epsilon).model(), pass);
  NormWriter seen{NormForm{}};
  seen.Output("variance", DType::kFloat);
  ExpectKept(seen.model(), pass);
  NormWriter read{NormForm{}};
  read.Node("Relu", {"d"}, {"r"}).Output("r", DType::kFloat);
  ExpectKept(read.model(), pass);
  NormWriter flat{NormForm{}};
  *flat.graph().mutable_node(0)->add_attribute() = Attr("keepdims", 0).proto();
  ExpectKept(flat.model(), pass);
  NormWriter unknown{NormForm{}};
  unknown.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->clear_shape();
  ExpectKept(unknown.model(), pass);
}

TEST(FuseRmsNormalization, ByVersion) {
  for (const char* inverse : {"", "Reciprocal", "Div", "Pow"}) {
    NormForm form;
    form.centred = form.with_bias = false;
    form.inverse = inverse;
    ExpectKept(NormWriter(form).model(), "fuse_rms_normalization");
    ExpectFused(NormWriter(form).model(), "fuse_simplified_layer_normalization",
                {"SimplifiedLayerNormalization"});
    form.opset = 23;
    ExpectFused(NormWriter(form).model(), "fuse_rms_normalization", {"RMSNormalization"});
    ExpectKept(NormWriter(form).model(), "fuse_simplified_layer_normalization");
  }
}

TEST(FuseRmsNormalization, LeavesABiasAndLayerNormalizationsCore) {
  NormForm form;
  form.opset = 23;
  form.centred = false;
  ExpectFused(NormWriter(form).model(), "fuse_rms_normalization", {"RMSNormalization", "Add"});
  NormForm two_values = form;
  two_values.centred = two_values.twice = true;
  ExpectKept(NormWriter(two_values).model(), "fuse_rms_normalization");
}

}  // namespace
}  // namespace quantab
