// SequenceConstruct (ai.onnx, since 11): a sequence of the inputs.
// SequenceEmpty (ai.onnx, since 11): a sequence without elements.
#include "core/ops/shape_args.h"

namespace quantab {
namespace {

void Construct(OpContext& c) {
  Sequence sequence;
  for (int i = 0; i < c.input_count(); ++i) {
    ExpectSameType(c, 0, i);
    sequence.push_back(c.Input(i));
  }
  c.SetOutput(0, std::move(sequence));
}

void Empty(OpContext& c) {
  const int64_t dtype = c.attributes().Int("dtype", static_cast<int64_t>(DType::kFloat));
  if (NameOf(static_cast<DType>(dtype)) == "undefined") {
    c.Invalid("attribute 'dtype' is " + std::to_string(dtype) + ", which is no element type.");
  }
  c.SetOutput(0, Sequence());
}

}  // namespace

QUANTAB_REGISTER(ops, sequence_construct) {
  r.Add({.name = "SequenceConstruct", .since = 11, .compute = Construct});
  r.Add({.name = "SequenceEmpty", .since = 11, .compute = Empty});
}

}  // namespace quantab
