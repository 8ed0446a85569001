#include "core/ops/attention_mask.h"

#include <algorithm>
#include <optional>

#include "core/ops/types.h"

namespace quantab {
namespace {

// The values that a mask adds, [batch, rows, keys]; rows is 1 or the number of queries.
struct Filter {
  float* values = nullptr;  // null: it masks nothing
  int64_t rows = 1;
};

class MaskReader {
 public:
  MaskReader(OpContext& c, int input, const AttentionProblem<float>& p, int64_t past)
      : c_(c),
        p_(p),
        past_(past),
        masked_(c.attributes().Float("mask_filter_value", -10000.0f)),
        shape_(c.Input(input).shape()) {
    if (c.Input(input).dtype() != DType::kInt32) UnsupportedInputType(c, input);
    mask_ = c.Input(input).data<int32_t>();
  }

  // Nothing when the shape is none of the forms.
  std::optional<Filter> Read() {
    const int64_t batch = p_.batch, queries = p_.queries, keys = p_.keys;
    if (shape_.size() == 1) return ReadRanges();
    if (shape_ == Shape{batch, keys}) return ReadValues({.sample = keys});
    if (shape_ == Shape{batch, 1} || shape_ == Shape{1, 1}) return Filter{};
    if (shape_ == Shape{batch, queries, keys}) {
      return ReadValues({.rows = queries, .sample = queries * keys, .row = keys});
    }
    const int64_t most = shape_.size() == 4 ? shape_[3] : 0;
    if (shape_ == Shape{batch, 1, most, most} && most >= keys && past_ <= most - queries) {
      return ReadValues({queries, past_ * most, most * most, most});
    }
    return std::nullopt;
  }

 private:
  Filter MakeFilter(int64_t rows) {
    return {c_.ScratchOf<float>(Size(p_.batch), Size(rows), Size(p_.keys)), rows};
  }

  std::optional<Filter> ReadRanges() {
    const int64_t count = shape_[0];
    const bool starts = count == 2 * p_.batch;
    if (count != p_.batch && !starts && count != 3 * p_.batch + 2) return std::nullopt;
    Filter filter = MakeFilter(1);
    for (int64_t b = 0; b < p_.batch; ++b) {
      float* row = filter.values + b * p_.keys;
      const int64_t end = std::clamp<int64_t>(mask_[b], 0, p_.keys);
      const int64_t begin = starts ? std::clamp<int64_t>(mask_[p_.batch + b], 0, end) : 0;
      std::fill(row, row + p_.keys, masked_);
      std::fill(row + begin, row + end, 0.0f);
    }
    return filter;
  }

  // Element of sample b, row r and key j: [offset + b * sample + r * row + j].
  struct Values {
    int64_t rows = 1, offset = 0, sample = 0, row = 0;
  };

  Filter ReadValues(const Values& values) {
    Filter filter = MakeFilter(values.rows);
    float* to = filter.values;
    for (int64_t b = 0; b < p_.batch; ++b) {
      for (int64_t r = 0; r < values.rows; ++r, to += p_.keys) {
        const int32_t* from = mask_ + values.offset + b * values.sample + r * values.row;
        for (int64_t j = 0; j < p_.keys; ++j) to[j] = from[j] > 0 ? 0.0f : masked_;
      }
    }
    return filter;
  }

  OpContext& c_;
  const AttentionProblem<float>& p_;
  int64_t past_;
  float masked_;
  Shape shape_;
  const int32_t* mask_ = nullptr;
};

// filter + bias, [batch, heads or 1, queries, keys].
ScoreOperand<float> Sum(OpContext& c, const Filter& filter, const ScoreOperand<float>& bias,
                        const AttentionProblem<float>& p) {
  const int64_t heads = bias.head == 0 ? 1 : p.heads;
  float* sum = c.ScratchOf<float>(Size(p.batch), Size(heads), Size(p.queries), Size(p.keys));
  float* to = sum;
  for (int64_t b = 0; b < p.batch; ++b) {
    for (int64_t h = 0; h < heads; ++h) {
      for (int64_t i = 0; i < p.queries; ++i, to += p.keys) {
        const int64_t row = filter.rows == 1 ? b : b * filter.rows + i;
        const float* masked = filter.values + row * p.keys;
        const float* added = bias.data + b * bias.batch + h * bias.head + i * bias.row;
        for (int64_t j = 0; j < p.keys; ++j) to[j] = masked[j] + added[j * bias.column];
      }
    }
  }
  const int64_t head = p.queries * p.keys;
  return {sum, heads * head, heads == 1 ? 0 : head, p.keys, 1, p.keys};
}

}  // namespace

ScoreOperand<float> ReadMaskAndBias(OpContext& c, int mask, int bias,
                                    const AttentionProblem<float>& p, int64_t past) {
  // Dimensions of an empty tensor may be too large to compute with.
  if (p.batch == 0 || p.queries == 0 || p.keys == 0) return {};
  const ScoreOperand<float> added =
      BroadcastOperand<float>(c, bias, {p.batch, p.heads, p.queries, p.keys});
  if (c.Optional(mask) == nullptr) return added;
  const std::optional<Filter> filter = MaskReader(c, mask, p, past).Read();
  if (!filter) {
    c.Invalid("input " + std::to_string(mask) + " has shape " + ToString(c.Input(mask).shape()) +
              ", which does not fit a mask of '" + std::to_string(p.batch) + "' samples, '" +
              std::to_string(p.queries) + "' queries and '" + std::to_string(p.keys) + "' keys.");
  }
  if (filter->values == nullptr) return added;
  if (added.data != nullptr) return Sum(c, *filter, added, p);
  const int64_t sample = filter->rows * p.keys;
  return {filter->values, sample, 0, filter->rows == 1 ? 0 : p.keys, 1, p.keys};
}

}  // namespace quantab
