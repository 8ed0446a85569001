// SequenceAt, SequenceInsert, SequenceErase, SequenceLength (ai.onnx, since 11): reads, adds,
// removes and counts the tensors of a sequence. A negative position counts from the back; without
// one, Insert and Erase work at the end.
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

// Input `i` as a position among `count`, `otherwise` when it is absent.
int64_t Position(const OpContext& c, int i, int64_t count, int64_t otherwise) {
  std::vector<int64_t> given = IntegerInput(c, i);
  if (c.Optional(i) == nullptr) given.push_back(otherwise);
  if (given.size() != 1) {
    c.Invalid("input " + std::to_string(i) + " has " + std::to_string(given.size()) +
              " elements, expected one.");
  }
  if (given[0] < -count || given[0] >= count) {
    ThrowInvalidArgument("position " + std::to_string(given[0]) + " is outside a sequence of " +
                         std::to_string(count) + ".");
  }
  return given[0] < 0 ? given[0] + count : given[0];
}

int64_t Length(const Sequence& sequence) { return static_cast<int64_t>(sequence.size()); }

void At(OpContext& c) {
  const Sequence& sequence = c.InputSequence(0);
  c.Input(1);  // not optional here
  c.SetOutput(0, sequence[Size(Position(c, 1, Length(sequence), 0))]);
}

void Insert(OpContext& c) {
  Sequence sequence = c.InputSequence(0);
  const Tensor& tensor = c.Input(1);
  if (!sequence.empty() && sequence.front().dtype() != tensor.dtype()) {
    c.Invalid("input 1 has type '" + std::string(NameOf(tensor.dtype())) +
              "', the sequence's tensors have type '" +
              std::string(NameOf(sequence.front().dtype())) + "'.");
  }
  const int64_t end = Length(sequence);
  const std::vector<int64_t> given = IntegerInput(c, 2);
  // -n is before the first, as among n elements, n is after the last.
  const int64_t at =
      given.size() == 1 && given[0] < 0 ? Position(c, 2, end, 0) : Position(c, 2, end + 1, end);
  sequence.insert(sequence.begin() + at, tensor);
  c.SetOutput(0, std::move(sequence));
}

void Erase(OpContext& c) {
  Sequence sequence = c.InputSequence(0);
  sequence.erase(sequence.begin() + Position(c, 1, Length(sequence), -1));
  c.SetOutput(0, std::move(sequence));
}

void Count(OpContext& c) {
  const int64_t length = Length(c.InputSequence(0));
  c.Output(0, DType::kInt64, {}).mutable_data<int64_t>()[0] = length;
}

}  // namespace

QUANTAB_REGISTER(ops, sequence_items) {
  r.Add({.name = "SequenceAt", .since = 11, .compute = At});
  r.Add({.name = "SequenceInsert", .since = 11, .compute = Insert});
  r.Add({.name = "SequenceErase", .since = 11, .compute = Erase});
  r.Add({.name = "SequenceLength", .since = 11, .compute = Count});
}

}  // namespace quantab
