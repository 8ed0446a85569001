// Loop (ai.onnx, since 1): a graph run again and again, with values carried from one run to the
// next and values collected from each.
//
//   inputs:  how often at most (optional), whether at all (optional), carried values
//   body:    (iteration, condition, carried ...) -> (condition, carried ..., collected ...)
//   outputs: carried values after the last run, collected ones stacked along a new first axis
#include <algorithm>
#include <limits>
#include <utility>

#include "core/onnx/model.h"
#include "core/ops/control_flow.h"
#include "core/ops/stack.h"

namespace quantab {
namespace {

int64_t TripCount(const OpContext& c) {
  const Tensor* count = c.Optional(0);
  if (count == nullptr) return std::numeric_limits<int64_t>::max();
  if (count->dtype() != DType::kInt64 || count->count() != 1) {
    c.Invalid("the number of iterations is '" + std::string(NameOf(count->dtype())) + "' " +
              ToString(count->shape()) + ", expected one int64.");
  }
  return *count->data<int64_t>();
}

// The iteration and the condition have the rank that the body declares.
Shape ShapeOfInput(const onnx::GraphProto& body, int i) {
  if (i >= body.input_size()) return {};
  const int rank = body.input(i).type().tensor_type().shape().dim_size();
  return Shape(rank == 1 ? 1 : 0, 1);
}

template <class T>
Tensor Single(Shape shape, T value) {
  return Tensor::From<T>(std::move(shape), std::span<const T>(&value, 1));
}

void Compute(OpContext& c) {
  const onnx::GraphProto& body = GraphAttribute(c, "body");
  const int64_t trips = TripCount(c);
  const Value* given = c.OptionalValue(1);
  bool go_on = given == nullptr || Truth(c, *given, "the condition");

  const size_t carried_count = static_cast<size_t>(std::max(c.input_count() - 2, 0));
  if (static_cast<size_t>(c.output_count()) < carried_count) {
    c.Invalid("it has " + std::to_string(c.output_count()) + " outputs, expected at least " +
              std::to_string(carried_count) + ", one for each value that is carried.");
  }
  const size_t collected_count = static_cast<size_t>(c.output_count()) - carried_count;
  std::vector<Value> carried;
  for (size_t i = 0; i < carried_count; ++i) {
    carried.push_back(c.InputValue(static_cast<int>(i) + 2));
  }
  std::vector<Sequence> collected(collected_count);

  for (int64_t trip = 0; trip < trips && go_on; ++trip) {
    std::vector<Value> inputs;
    inputs.reserve(2 + carried_count);
    inputs.emplace_back(Single(ShapeOfInput(body, 0), trip));
    inputs.emplace_back(Single(ShapeOfInput(body, 1), go_on));
    for (Value& value : carried) inputs.push_back(std::move(value));
    std::vector<Value> results = c.RunGraph("body", std::move(inputs));
    if (results.size() != 1 + carried_count + collected_count) {
      c.Invalid("its graph gives " + std::to_string(results.size()) + " outputs, expected " +
                std::to_string(1 + carried_count + collected_count) + ".");
    }
    go_on = Truth(c, results[0], "the condition that the graph gives");
    for (size_t i = 0; i < carried_count; ++i) carried[i] = std::move(results[1 + i]);
    for (size_t i = 0; i < collected_count; ++i) {
      Tensor* tensor = results[1 + carried_count + i].mutable_tensor();
      if (tensor == nullptr) c.Invalid("its graph gives no tensor where one is collected.");
      collected[i].push_back(std::move(*tensor));
    }
  }

  for (size_t i = 0; i < carried_count; ++i) {
    c.SetOutput(static_cast<int>(i), std::move(carried[i]));
  }
  for (size_t i = 0; i < collected_count; ++i) {
    const int output = static_cast<int>(carried_count + i);
    if (collected[i].empty()) {
      const size_t declared = 1 + carried_count + i;
      if (declared >= static_cast<size_t>(body.output_size())) {
        c.Invalid("its graph has too few outputs.");
      }
      c.SetOutput(output, NothingStacked(body, declared));
    } else {
      c.SetOutput(output, Stacked(c, collected[i], 0));
    }
  }
}

}  // namespace

QUANTAB_REGISTER(ops, loop) { r.Add({.name = "Loop", .compute = Compute}); }

}  // namespace quantab
