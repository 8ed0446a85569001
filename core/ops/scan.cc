// Scan (ai.onnx, since 8): a graph run along an axis of its inputs, with values carried from one
// run to the next and values collected from each. Opset 8 has a batch as first dimension of
// everything.
#include <algorithm>
#include <utility>

#include "core/onnx/model.h"
#include "core/ops/control_flow.h"
#include "core/ops/stack.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

std::vector<int64_t> ListOf(const OpContext& c, std::string_view name, size_t count) {
  std::vector<int64_t> list = c.attributes().Ints(name, std::vector<int64_t>(count, 0));
  if (list.size() != count) {
    c.Invalid("attribute '" + std::string(name) + "' has " + std::to_string(list.size()) +
              " values, expected " + std::to_string(count) + ".");
  }
  return list;
}

struct Counts {
  size_t carried = 0, scanned = 0, collected = 0;
};

Counts CountsOf(const OpContext& c, int first_input) {
  const int64_t inputs = c.input_count() - first_input;
  const int64_t scanned = c.attributes().Int("num_scan_inputs", 0);
  const int64_t carried = inputs - scanned;
  if (scanned < 1 || carried < 0 || c.output_count() < carried) {
    c.Invalid("attribute 'num_scan_inputs' is '" + std::to_string(scanned) + "', but there are " +
              std::to_string(inputs) + " inputs and " + std::to_string(c.output_count()) +
              " outputs.");
  }
  return {static_cast<size_t>(carried), static_cast<size_t>(scanned),
          static_cast<size_t>(c.output_count() - carried)};
}

// One run over slices: `carried` is updated, the collected values are appended.
void Step(OpContext& c, const Counts& counts, std::vector<Value>& carried,
          std::vector<Value> slices, std::vector<Sequence>& collected) {
  std::vector<Value> inputs = std::move(carried);
  for (Value& slice : slices) inputs.push_back(std::move(slice));
  std::vector<Value> results = c.RunGraph("body", std::move(inputs));
  if (results.size() != counts.carried + counts.collected) {
    c.Invalid("its graph gives " + std::to_string(results.size()) + " outputs, expected " +
              std::to_string(counts.carried + counts.collected) + ".");
  }
  for (size_t i = 0; i < counts.collected; ++i) {
    Tensor* tensor = results[counts.carried + i].mutable_tensor();
    if (tensor == nullptr) c.Invalid("its graph gives no tensor where one is collected.");
    collected[i].push_back(std::move(*tensor));
  }
  results.resize(counts.carried);
  carried = std::move(results);
}

void Collect(OpContext& c, const Counts& counts, size_t i, Sequence& parts, int64_t axis,
             bool backwards) {
  const int output = static_cast<int>(counts.carried + i);
  if (parts.empty()) {
    const onnx::GraphProto& body = GraphAttribute(c, "body");
    if (counts.carried + i >= static_cast<size_t>(body.output_size())) {
      c.Invalid("its graph has too few outputs.");
    }
    c.SetOutput(output, NothingStacked(body, counts.carried + i));
    return;
  }
  if (backwards) std::reverse(parts.begin(), parts.end());
  c.SetOutput(output, Stacked(c, parts, NormalizeAxis(c, axis, parts.front().rank() + 1)));
}

void Compute(OpContext& c) {
  const Counts counts = CountsOf(c, 0);
  const std::vector<int64_t> in_axes = ListOf(c, "scan_input_axes", counts.scanned);
  const std::vector<int64_t> in_directions = ListOf(c, "scan_input_directions", counts.scanned);
  const std::vector<int64_t> out_axes = ListOf(c, "scan_output_axes", counts.collected);
  const std::vector<int64_t> out_directions = ListOf(c, "scan_output_directions", counts.collected);

  std::vector<Value> carried;
  for (size_t i = 0; i < counts.carried; ++i) {
    carried.push_back(c.InputValue(static_cast<int>(i)));
  }
  std::vector<int> axes;
  int64_t length = -1;
  for (size_t i = 0; i < counts.scanned; ++i) {
    const Tensor& input = c.Input(static_cast<int>(counts.carried + i));
    axes.push_back(NormalizeAxis(c, in_axes[i], input.rank()));
    const int64_t size = input.dim(axes.back());
    if (length >= 0 && size != length) {
      c.Invalid("inputs to be scanned have " + std::to_string(length) + " and " +
                std::to_string(size) + " slices, expected equal numbers.");
    }
    length = size;
  }
  std::vector<Sequence> collected(counts.collected);
  for (int64_t at = 0; at < length; ++at) {
    std::vector<Value> slices;
    for (size_t i = 0; i < counts.scanned; ++i) {
      slices.emplace_back(SliceOf(c, c.Input(static_cast<int>(counts.carried + i)), axes[i],
                                  in_directions[i] == 0 ? at : length - 1 - at));
    }
    Step(c, counts, carried, std::move(slices), collected);
  }
  for (size_t i = 0; i < counts.carried; ++i) {
    c.SetOutput(static_cast<int>(i), std::move(carried[i]));
  }
  for (size_t i = 0; i < counts.collected; ++i) {
    Collect(c, counts, i, collected[i], out_axes[i], out_directions[i] != 0);
  }
}

// The steps of batch entry `b`; what is collected beyond its length is zero.
int64_t LengthOf(const OpContext& c, int64_t b, int64_t longest) {
  const Tensor* lengths = c.Optional(0);
  if (lengths == nullptr) return longest;
  if (lengths->dtype() != DType::kInt64 || lengths->count() <= b ||
      lengths->data<int64_t>()[b] < 0 || lengths->data<int64_t>()[b] > longest) {
    c.Invalid("the lengths are not one int64 from 0 to " + std::to_string(longest) +
              " for each batch entry.");
  }
  return lengths->data<int64_t>()[b];
}

Tensor ZerosLike(const Tensor& tensor) {
  Tensor zeros(tensor.dtype(), tensor.shape());
  if (zeros.bytes() > 0) std::fill_n(zeros.mutable_raw(), zeros.bytes(), std::byte{0});
  return zeros;
}

void ComputeBatched(OpContext& c) {
  const Counts counts = CountsOf(c, 1);
  const std::vector<int64_t> directions = ListOf(c, "directions", counts.scanned);
  const int first_scanned = 1 + static_cast<int>(counts.carried);
  const Tensor& leading = c.Input(first_scanned);
  if (leading.rank() < 2) c.Invalid("inputs to be scanned have rank 1, expected 2 or more.");
  const int64_t batch = leading.dim(0);
  const int64_t longest = leading.dim(1);
  for (int i = 1; i < c.input_count(); ++i) {
    const Tensor& input = c.Input(i);
    const bool is_scanned = i >= first_scanned;
    if (input.rank() < (is_scanned ? 2 : 1) || input.dim(0) != batch ||
        (is_scanned && input.dim(1) != longest)) {
      c.Invalid("input " + std::to_string(i) + " has shape " + ToString(input.shape()) +
                ", which does not begin with batch and length.");
    }
  }
  if (batch == 0) c.Invalid("the batch is empty.");

  std::vector<Sequence> carried_out(counts.carried), collected_out(counts.collected);
  for (int64_t b = 0; b < batch; ++b) {
    std::vector<Value> carried;
    for (size_t i = 0; i < counts.carried; ++i) {
      carried.emplace_back(SliceOf(c, c.Input(1 + static_cast<int>(i)), 0, b));
    }
    std::vector<Sequence> collected(counts.collected);
    const int64_t length = LengthOf(c, b, longest);
    for (int64_t at = 0; at < length; ++at) {
      std::vector<Value> slices;
      for (size_t i = 0; i < counts.scanned; ++i) {
        const Tensor entry = SliceOf(c, c.Input(first_scanned + static_cast<int>(i)), 0, b);
        slices.emplace_back(SliceOf(c, entry, 0, directions[i] == 0 ? at : length - 1 - at));
      }
      Step(c, counts, carried, std::move(slices), collected);
    }
    for (size_t i = 0; i < counts.carried; ++i) {
      const Tensor* tensor = carried[i].tensor();
      if (tensor == nullptr) c.Invalid("its graph carries something else than tensors.");
      carried_out[i].push_back(*tensor);
    }
    for (size_t i = 0; i < counts.collected; ++i) {
      Sequence& parts = collected[i];
      if (parts.empty()) c.Invalid("a batch entry has no steps.");
      parts.resize(Size(longest), ZerosLike(parts.front()));
      collected_out[i].push_back(Stacked(c, parts, 0));
    }
  }
  for (size_t i = 0; i < counts.carried; ++i) {
    c.SetOutput(static_cast<int>(i), Stacked(c, carried_out[i], 0));
  }
  for (size_t i = 0; i < counts.collected; ++i) {
    c.SetOutput(static_cast<int>(counts.carried + i), Stacked(c, collected_out[i], 0));
  }
}

}  // namespace

QUANTAB_REGISTER(ops, scan) {
  r.Add({.name = "Scan", .since = 8, .until = 8, .compute = ComputeBatched});
  r.Add({.name = "Scan", .since = 9, .compute = Compute});
}

}  // namespace quantab
