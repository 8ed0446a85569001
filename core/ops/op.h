// What an operator is, and what it sees while it runs.
//
// An operator is one file in this folder:
//
//   // HardSwish (ai.onnx, since 14): y = x * clamp(x / 6 + 0.5, 0, 1).
//   #include "core/ops/op.h"
//   namespace quantab {
//   namespace {
//   void Compute(OpContext& c) { ... }
//   }  // namespace
//   QUANTAB_REGISTER(ops, hard_swish) {
//     r.Add({.name = "HardSwish", .since = 14, .in_place = true, .compute = Compute});
//   }
//   }  // namespace quantab
//
// Shapes are computed where the values are: an operator reads its inputs' actual shapes and
// allocates its outputs, so dynamic shapes need nothing special.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/base/registry.h"
#include "core/kernels/bytes.h"
#include "core/onnx/forward.h"
#include "core/tensor/tensor.h"
#include "core/tensor/value.h"

namespace quantab {

// The attributes of one node. Absent attributes take the given default; one that is present with
// another type throws Error(kInvalidModel).
class Attributes {
 public:
  Attributes(const Model& model, const onnx::NodeProto& node) : model_(&model), node_(&node) {}

  bool Has(std::string_view name) const;
  int64_t Int(std::string_view name, int64_t otherwise) const;
  float Float(std::string_view name, float otherwise) const;
  std::string String(std::string_view name, std::string_view otherwise) const;
  std::vector<int64_t> Ints(std::string_view name, std::vector<int64_t> otherwise = {}) const;
  std::vector<float> Floats(std::string_view name, std::vector<float> otherwise = {}) const;
  std::vector<std::string> Strings(std::string_view name) const;
  // An absent tensor is one that does not exist().
  Tensor TensorValue(std::string_view name) const;
  // nullptr when absent.
  const onnx::GraphProto* Graph(std::string_view name) const;

 private:
  const onnx::AttributeProto* Find(std::string_view name) const;

  const Model* model_;
  const onnx::NodeProto* node_;
};

// What an operator may prepare once, when the session is made: attributes parsed, constant weights
// packed. The base class of every operator's own state.
struct OpState {
  virtual ~OpState() = default;
  // Bytes the state keeps, for the session's memory report.
  virtual size_t bytes() const { return 0; }
};

// A tensor of `bytes` bytes, uninitialised, for what a kernel packs. `bytes` is as the kernels give
// it, saturated; throws Error(kOutOfMemory) where the address space does not hold it.
Tensor PackedTensor(DType dtype, size_t bytes);

class PrepareContext {
 public:
  virtual ~PrepareContext() = default;

  virtual const onnx::NodeProto& node() const = 0;
  virtual const Attributes& attributes() const = 0;
  // The model's version of this node's domain.
  virtual int64_t opset() const = 0;
  virtual int input_count() const = 0;
  // The value of input `i` when it is a constant (an initializer), else nullptr. An operator that
  // has packed a constant for good may Release(i) it: the executor then drops its own copy unless
  // another node reads it.
  virtual const Tensor* Constant(int i) const = 0;
  virtual void Release(int i) = 0;
  // Static type of input `i`, or kUndefined when unknown.
  virtual DType InputType(int i) const = 0;

  // Throw with this node as the place. `message` continues "node 'x' (Conv): ".
  [[noreturn]] void Invalid(const std::string& message) const;
  [[noreturn]] void Unsupported(const std::string& message) const;
};

class OpContext {
 public:
  virtual ~OpContext() = default;

  virtual const onnx::NodeProto& node() const = 0;
  virtual const Attributes& attributes() const = 0;
  virtual int64_t opset() const = 0;

  virtual int input_count() const = 0;
  virtual int output_count() const = 0;

  // Input `i`, or nullptr when it is absent (an empty name, or fewer inputs). Throws
  // Error(kInvalidModel) when it is no tensor.
  virtual const Tensor* Optional(int i) const = 0;
  // Input `i`; throws Error(kInvalidModel) when it is absent.
  const Tensor& Input(int i) const;
  // Input `i`, whatever it is; nullptr when it is absent.
  virtual const Value* OptionalValue(int i) const = 0;
  // These throw Error(kInvalidModel) when input `i` is absent, or no sequence.
  const Value& InputValue(int i) const;
  const Sequence& InputSequence(int i) const;
  bool HasOutput(int i) const;

  // Allocates output `i`, uninitialised, from the run's arena. With `in_place` operators output 0
  // may share the buffer of input 0: read an element before writing the same one.
  virtual Tensor& Output(int i, DType dtype, Shape shape) = 0;
  // Makes output `i` share a tensor's elements (Identity, Reshape, Squeeze ...), or a sequence or
  // an optional that holds nothing.
  virtual void SetOutput(int i, Value value) = 0;
  // Runs the graph that the node has as attribute `name`; it sees the values around the node. Gives
  // the graph's outputs in order. Throws Error(kInvalidModel) when there is no such attribute or
  // the number of inputs is not that of the graph's.
  virtual std::vector<Value> RunGraph(std::string_view name, std::vector<Value> inputs) = 0;
  // Memory for this call only, aligned, uninitialised. `bytes` may be saturated, as sizes from
  // kernels are; throws Error(kOutOfMemory) where the address space does not hold it.
  std::span<std::byte> Scratch(size_t bytes);

  // What the operator's prepare() made, or nullptr.
  virtual OpState* state() const = 0;

  [[noreturn]] void Invalid(const std::string& message) const;
  [[noreturn]] void Unsupported(const std::string& message) const;

  // `Scratch` as an array of T, with as many elements as the product of `counts` says.
  template <class T, class... Counts>
  T* ScratchOf(Counts... counts) {
    return reinterpret_cast<T*>(
        Scratch(kernels::SaturatingMul(sizeof(T), size_t{counts}...)).data());
  }

 protected:
  // What Scratch() returns; `bytes` is possible.
  virtual std::span<std::byte> NewScratch(size_t bytes) = 0;
};

struct OpDef {
  std::string_view name;
  std::string_view domain = "";  // "" is ai.onnx
  int since = 1;                 // the first opset this definition serves
  int until = 1 << 30;           // the last one
  // Output 0 may overwrite input 0 when type, size and lifetime allow.
  bool in_place = false;
  // Optional: called once per node when the session is made. May return nullptr.
  std::unique_ptr<OpState> (*prepare)(PrepareContext&) = nullptr;
  void (*compute)(OpContext&) = nullptr;
};

// All operators, by (domain, name, opset). "ai.onnx" and "" are the same domain.
class OpRegistry {
 public:
  // The registry with every operator of this folder; made once.
  static const OpRegistry& Get();

  void Add(OpDef def);
  // The definition that serves `opset`, or nullptr.
  const OpDef* Find(std::string_view domain, std::string_view name, int64_t opset) const;
  const std::vector<OpDef>& all() const { return defs_; }

 private:
  std::vector<OpDef> defs_;
};

template <>
struct RegistryType<struct ops_tag> {
  using type = OpRegistry;
};

}  // namespace quantab
