// ReverseSequence (ai.onnx, since 10): the first sequence_lens[i] elements of batch entry i along
// the time axis in reverse order, the others as they are.
#include "core/ops/copy_elements.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

std::vector<int64_t> Lengths(const OpContext& c, int64_t batch, int64_t time) {
  std::vector<int64_t> lengths = IntegerInput(c, 1);
  if (c.Input(1).rank() != 1 || c.Input(1).count() != batch) {
    c.Invalid("input 1 has shape " + ToString(c.Input(1).shape()) + ", expected [" +
              std::to_string(batch) + "].");
  }
  for (int64_t length : lengths) {
    if (length < 0 || length > time) {
      ThrowInvalidArgument("a sequence of length " + std::to_string(length) +
                           " does not fit a dimension of size " + std::to_string(time) + ".");
    }
  }
  return lengths;
}

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  const int64_t time_axis = c.attributes().Int("time_axis", 0);
  const int64_t batch_axis = c.attributes().Int("batch_axis", 1);
  if (time_axis < 0 || time_axis > 1 || batch_axis != 1 - time_axis) {
    c.Invalid("attributes 'time_axis' and 'batch_axis' are " + std::to_string(time_axis) + " and " +
              std::to_string(batch_axis) + ", expected 0 and 1.");
  }
  if (x.rank() < 2) {
    c.Invalid("input 0 has shape " + ToString(x.shape()) + ", expected rank 2 or more.");
  }
  const int64_t time = x.dim(static_cast<int>(time_axis));
  const int64_t batch = x.dim(static_cast<int>(batch_axis));
  const std::vector<int64_t> lengths = Lengths(c, batch, time);
  const int64_t inner = CountOf(x.shape(), 2, x.rank());
  const int64_t time_step = time_axis == 0 ? batch * inner : inner;
  const int64_t batch_step = time_axis == 0 ? inner : time * inner;
  Tensor& y = OutputForCopies(c, 0, x.dtype(), x.shape());
  for (int64_t b = 0; b < batch; ++b) {
    const int64_t begin = b * batch_step;
    const int64_t length = lengths[Size(b)];
    const int64_t kept = begin + length * time_step;
    CopyElements(x, {begin + (length - 1) * time_step, -time_step}, y, {begin, time_step}, length,
                 inner);
    CopyElements(x, {kept, time_step}, y, {kept, time_step}, time - length, inner);
  }
}

}  // namespace

QUANTAB_REGISTER(ops, reverse_sequence) {
  r.Add({.name = "ReverseSequence", .since = 10, .compute = Compute});
}

}  // namespace quantab
