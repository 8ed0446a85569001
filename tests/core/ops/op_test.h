// Builds small models and runs them through a Session.
//
//   Tensor y = OpTest("Add", 14).Input(F32({2}, {1, 2})).Input(F32({1}, {3})).RunOne();
//   ExpectTensor(y, F32({2}, {4, 5}));
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/exec/session.h"
#include "core/onnx/model.h"
#include "core/tensor/tensor.h"

namespace quantab {

// --- tensors ---------------------------------------------------------------------------------

template <class T>
Tensor MakeTensor(Shape shape, const std::vector<T>& values) {
  Tensor tensor(DTypeOf<T>::value, std::move(shape));
  EXPECT_EQ(tensor.count(), static_cast<int64_t>(values.size())) << "wrong number of test values";
  T* out = tensor.template mutable_data<T>();
  for (size_t i = 0; i < values.size() && static_cast<int64_t>(i) < tensor.count(); ++i) {
    out[i] = values[i];
  }
  return tensor;
}
inline Tensor F32(Shape shape, const std::vector<float>& v) { return MakeTensor(shape, v); }
inline Tensor F64(Shape shape, const std::vector<double>& v) { return MakeTensor(shape, v); }
inline Tensor I64(Shape shape, const std::vector<int64_t>& v) { return MakeTensor(shape, v); }
inline Tensor I32(Shape shape, const std::vector<int32_t>& v) { return MakeTensor(shape, v); }
inline Tensor I8(Shape shape, const std::vector<int8_t>& v) { return MakeTensor(shape, v); }
inline Tensor U8(Shape shape, const std::vector<uint8_t>& v) { return MakeTensor(shape, v); }
inline Tensor Bools(Shape shape, const std::vector<bool>& v) { return MakeTensor(shape, v); }
// start, start + step, ... in row-major order.
inline Tensor Iota(Shape shape, float start = 0, float step = 1) {
  Tensor tensor(DType::kFloat, std::move(shape));
  for (int64_t i = 0; i < tensor.count(); ++i) {
    tensor.mutable_data<float>()[i] = start + step * static_cast<float>(i);
  }
  return tensor;
}

inline bool SameBits(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  if (a.dtype() == DType::kString) return a.strings() == b.strings();
  return a.bytes() == 0 || std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

// Type and shape are equal; integers, booleans and strings are equal; floats differ by at most
// absolute + relative * |expected|, with equal infinities and NaNs.
inline void ExpectTensor(const Tensor& actual, const Tensor& expected, double absolute = 0,
                         double relative = 1e-6) {
  ASSERT_EQ(NameOf(actual.dtype()), NameOf(expected.dtype()));
  ASSERT_EQ(ToString(actual.shape()), ToString(expected.shape()));
  if (expected.dtype() == DType::kString) {
    EXPECT_EQ(actual.strings(), expected.strings());
    return;
  }
  const bool visited = VisitArithmetic(expected.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* a = actual.data<T>();
    const T* e = expected.data<T>();
    int shown = 0;
    for (int64_t i = 0; i < expected.count() && shown < 5; ++i) {
      bool ok = a[i] == e[i];
      if constexpr (std::is_floating_point_v<T>) {
        ok = ok || (std::isnan(a[i]) && std::isnan(e[i])) ||
             std::abs(static_cast<double>(a[i]) - e[i]) <=
                 absolute + relative * std::abs(static_cast<double>(e[i]));
      }
      if (!ok) {
        ADD_FAILURE() << "element " << i << " of " << ToString(expected.shape()) << ": got "
                      << +a[i] << ", expected " << +e[i];
        ++shown;
      }
    }
  });
  if (!visited) {
    EXPECT_TRUE(SameBits(actual, expected)) << "elements differ";
  }
}

// --- models ----------------------------------------------------------------------------------

// One attribute of a node.
class Attr {
 public:
  Attr(std::string name, int64_t value) : Attr(std::move(name), onnx::AttributeProto::INT) {
    proto_.set_i(value);
  }
  Attr(std::string name, int value) : Attr(std::move(name), static_cast<int64_t>(value)) {}
  Attr(std::string name, float value) : Attr(std::move(name), onnx::AttributeProto::FLOAT) {
    proto_.set_f(value);
  }
  Attr(std::string name, const char* value) : Attr(std::move(name), onnx::AttributeProto::STRING) {
    proto_.set_s(value);
  }
  Attr(std::string name, const std::vector<int64_t>& values)
      : Attr(std::move(name), onnx::AttributeProto::INTS) {
    for (int64_t value : values) proto_.add_ints(value);
  }
  Attr(std::string name, const std::vector<float>& values)
      : Attr(std::move(name), onnx::AttributeProto::FLOATS) {
    for (float value : values) proto_.add_floats(value);
  }
  Attr(std::string name, const std::vector<std::string>& values)
      : Attr(std::move(name), onnx::AttributeProto::STRINGS) {
    for (const std::string& value : values) proto_.add_strings(value);
  }
  Attr(std::string name, const onnx::GraphProto& graph)
      : Attr(std::move(name), onnx::AttributeProto::GRAPH) {
    *proto_.mutable_g() = graph;
  }
  Attr(std::string name, const Tensor& value);

  const onnx::AttributeProto& proto() const { return proto_; }

 private:
  Attr(std::string name, onnx::AttributeProto::AttributeType type) {
    proto_.set_name(std::move(name));
    proto_.set_type(type);
  }
  onnx::AttributeProto proto_;
};

inline onnx::TensorProto ToProto(const std::string& name, const Tensor& tensor) {
  onnx::TensorProto proto;
  proto.set_name(name);
  proto.set_data_type(static_cast<int32_t>(tensor.dtype()));
  for (int64_t dim : tensor.shape()) proto.add_dims(dim);
  if (tensor.dtype() == DType::kString) {
    for (const std::string& value : tensor.strings()) proto.add_string_data(value);
  } else {
    proto.set_raw_data(tensor.raw(), tensor.bytes());
  }
  return proto;
}

inline Attr::Attr(std::string name, const Tensor& value)
    : Attr(std::move(name), onnx::AttributeProto::TENSOR) {
  *proto_.mutable_t() = ToProto("", value);
}

// A dimension of a graph input: a number, or a name ("" is unknown).
struct Dim {
  Dim(int value) : value(value) {}             // NOLINT(google-explicit-constructor)
  Dim(int64_t value) : value(value) {}         // NOLINT(google-explicit-constructor)
  Dim(const char* symbol) : symbol(symbol) {}  // NOLINT(google-explicit-constructor)
  int64_t value = -1;
  std::string symbol;
};

// A model under construction.
class GraphBuilder {
 public:
  explicit GraphBuilder(int64_t opset = 17) {
    model_.proto.set_ir_version(8);
    model_.proto.mutable_graph()->set_name("test");
    Opset("", opset);
  }

  GraphBuilder& Opset(const std::string& domain, int64_t version) {
    onnx::OperatorSetIdProto* opset = model_.proto.add_opset_import();
    opset->set_domain(domain);
    opset->set_version(version);
    return *this;
  }
  GraphBuilder& Input(const std::string& name, DType dtype, const std::vector<Dim>& dims) {
    onnx::ValueInfoProto* input = model_.proto.mutable_graph()->add_input();
    input->set_name(name);
    onnx::TypeProto::Tensor* type = input->mutable_type()->mutable_tensor_type();
    type->set_elem_type(static_cast<int32_t>(dtype));
    type->mutable_shape();
    for (const Dim& dim : dims) {
      onnx::TensorShapeProto::Dimension* added = type->mutable_shape()->add_dim();
      if (dim.value >= 0) {
        added->set_dim_value(dim.value);
      } else if (!dim.symbol.empty()) {
        added->set_dim_param(dim.symbol);
      }
    }
    return *this;
  }
  GraphBuilder& Output(const std::string& name, DType dtype = DType::kUndefined) {
    onnx::ValueInfoProto* output = model_.proto.mutable_graph()->add_output();
    output->set_name(name);
    if (dtype != DType::kUndefined) {
      output->mutable_type()->mutable_tensor_type()->set_elem_type(static_cast<int32_t>(dtype));
    }
    return *this;
  }
  GraphBuilder& Initializer(const std::string& name, const Tensor& tensor) {
    *model_.proto.mutable_graph()->add_initializer() = ToProto(name, tensor);
    return *this;
  }
  GraphBuilder& Node(const std::string& op_type, const std::vector<std::string>& inputs,
                     const std::vector<std::string>& outputs, const std::vector<Attr>& attrs = {},
                     const std::string& name = "", const std::string& domain = "") {
    onnx::NodeProto* node = model_.proto.mutable_graph()->add_node();
    node->set_op_type(op_type);
    node->set_domain(domain);
    node->set_name(name);
    for (const std::string& input : inputs) node->add_input(input);
    for (const std::string& output : outputs) node->add_output(output);
    for (const Attr& attr : attrs) *node->add_attribute() = attr.proto();
    return *this;
  }

  Model& model() { return model_; }
  onnx::GraphProto& graph() { return *model_.proto.mutable_graph(); }

 private:
  Model model_;
};

// A model of one node. Every Run() runs twice in one session, the second time from the memory plan
// made by the first, and expects the same bits.
class OpTest {
 public:
  explicit OpTest(std::string op_type, int64_t opset = 17, std::string domain = "")
      : op_type_(std::move(op_type)), domain_(std::move(domain)), builder_(opset) {
    if (!domain_.empty()) builder_.Opset(domain_, 1);
  }

  // An input given at run time.
  OpTest& Input(const Tensor& tensor) {
    const std::string name = NextInput();
    std::vector<Dim> dims;
    for (int64_t dim : tensor.shape()) dims.emplace_back(dim);
    builder_.Input(name, tensor.dtype(), dims);
    feeds_[name] = tensor;
    return *this;
  }
  // An input that is an initializer, so that prepare() can see it.
  OpTest& Constant(const Tensor& tensor) {
    builder_.Initializer(NextInput(), tensor);
    return *this;
  }
  // An optional input left out.
  OpTest& Absent() {
    inputs_.push_back("");
    return *this;
  }
  template <class T>
  OpTest& Set(const std::string& name, const T& value) {
    attrs_.emplace_back(name, value);
    return *this;
  }
  OpTest& Set(const std::string& name, const std::vector<int64_t>& values) {
    attrs_.emplace_back(name, values);
    return *this;
  }
  // How many outputs the node has (one unless told); those at `absent` get no name.
  OpTest& Outputs(int count, std::vector<int> absent = {}) {
    output_count_ = count;
    absent_ = std::move(absent);
    return *this;
  }

  // The outputs; one that is absent does not exist(). Throws what the session throws.
  std::vector<Tensor> Run() {
    GraphBuilder builder = builder_;
    std::vector<std::string> names;
    for (int i = 0; i < output_count_; ++i) {
      const bool absent = std::find(absent_.begin(), absent_.end(), i) != absent_.end();
      names.push_back(absent ? "" : "y" + std::to_string(i));
      if (!absent) builder.Output(names.back());
    }
    builder.Node(op_type_, inputs_, names, attrs_, "test_node", domain_);
    Session session(builder.model());
    TensorMap first = session.Run(feeds_);
    TensorMap second = session.Run(feeds_);
    std::vector<Tensor> outputs;
    for (const std::string& name : names) {
      if (name.empty()) {
        outputs.emplace_back();
        continue;
      }
      EXPECT_TRUE(SameBits(first[name], second[name])) << name << " differs in the second run";
      outputs.push_back(first[name]);
    }
    return outputs;
  }
  Tensor RunOne() { return Run().at(0); }

 private:
  std::string NextInput() {
    inputs_.push_back("x" + std::to_string(inputs_.size()));
    return inputs_.back();
  }

  std::string op_type_, domain_;
  GraphBuilder builder_;
  std::vector<std::string> inputs_;
  std::vector<Attr> attrs_;
  TensorMap feeds_;
  int output_count_ = 1;
  std::vector<int> absent_;
};

// Runs `body` and expects an Error of `code` whose message contains `part`.
template <class Body>
void ExpectError(ErrorCode code, const std::string& part, Body&& body) {
  try {
    body();
    ADD_FAILURE() << "no error, expected one that says: " << part;
  } catch (const Error& error) {
    EXPECT_EQ(ErrorCodeName(error.code()), ErrorCodeName(code)) << error.message();
    EXPECT_NE(error.message().find(part), std::string::npos)
        << "message: " << error.message() << "\nexpected in it: " << part;
  }
}

}  // namespace quantab
