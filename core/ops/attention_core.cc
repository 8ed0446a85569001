#include "core/ops/attention_core.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "core/kernels/elementwise/elementwise.h"
#include "core/kernels/f32_gemm/f32_gemm.h"
#include "core/kernels/softmax/softmax.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

// Query rows whose scores are in memory at once.
constexpr int64_t kBlockRows = 48;

// With fewer queries of one key head than this, packing its keys and values takes longer than it
// saves.
constexpr int64_t kPackedQueries = 8;

// A position or window from the model, small enough to add a few of.
int64_t Position(int64_t value) {
  constexpr int64_t kFarthest = int64_t{1} << 60;
  return std::clamp(value, -kFarthest, kFarthest);
}

template <class T>
constexpr T kMasked = -std::numeric_limits<T>::infinity();

// Keys [begin, end).
struct KeyRange {
  int64_t begin = 0, end = 0;
};

// What query `i` of sample `b` may attend, whatever bias and mask say; neither end decreases with
// `i`.
template <class T>
KeyRange RangeOf(const AttentionProblem<T>& p, int64_t b, int64_t i) {
  int64_t begin = 0, end = p.keys;
  const auto sample = static_cast<size_t>(b);
  if (!p.key_counts.empty()) end = std::min(end, p.key_counts[sample]);
  if (p.bias.data != nullptr) end = std::min(end, p.bias.columns);
  if (p.mask.data != nullptr) end = std::min(end, p.mask.columns);
  const int64_t position = (p.offsets.empty() ? 0 : Position(p.offsets[sample])) + i;
  if (p.causal) end = std::min(end, position + 1);
  if (p.right_window >= 0) end = std::min(end, position + Position(p.right_window) + 1);
  if (p.left_window >= 0) begin = position - Position(p.left_window);
  begin = std::clamp<int64_t>(begin, 0, p.keys);
  return {begin, std::clamp(end, begin, p.keys)};
}

// --- products --------------------------------------------------------------------------------

// In lanes, which a compiler turns into vectors.
template <class T>
T Dot(size_t n, const T* a, const T* b) {
  constexpr size_t kLanes = 8;
  T lanes[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (size_t l = 0; l < kLanes; ++l) lanes[l] += a[i + l] * b[i + l];
  }
  T sum{0};
  for (; i < n; ++i) sum += a[i] * b[i];
  for (T lane : lanes) sum += lane;
  return sum;
}

// The two products of one head.
template <class T>
class HeadProducts {
 public:
  HeadProducts(OpContext& c, const AttentionProblem<T>& p)
      : head_size_(Size(p.head_size)),
        value_size_(Size(p.value_size)),
        k_row_(Size(p.k.row)),
        v_row_(Size(p.v.row)) {
    if (!std::is_same_v<T, float>) return;
    if (p.queries * (p.heads / p.kv_heads) < kPackedQueries) return;
    const size_t keys = Size(p.keys);
    packed_k_ =
        reinterpret_cast<T*>(c.Scratch(kernels::F32GemmPackedBytes(keys, head_size_)).data());
    packed_v_ =
        reinterpret_cast<T*>(c.Scratch(kernels::F32GemmPackedBytes(value_size_, keys)).data());
  }

  // The rows of `keys` keys and values follow.
  void Load(const T* k, const T* v, size_t keys) {
    k_ = k;
    v_ = v;
    keys_ = keys;
    if constexpr (std::is_same_v<T, float>) {
      if (packed_k_ == nullptr) return;
      kernels::F32GemmPack(keys, head_size_, k, k_row_, true, packed_k_);
      kernels::F32GemmPack(value_size_, keys, v, v_row_, false, packed_v_);
    }
  }

  // scores[r,j] = q[r] . k[j] for the first `keys` keys.
  void Scores(size_t rows, size_t keys, const T* q, T* scores, size_t step) const {
    if constexpr (std::is_same_v<T, float>) {
      if (packed_k_ != nullptr) {
        return kernels::F32Gemm(rows, keys, head_size_, q, head_size_, packed_k_, scores, step);
      }
    }
    for (size_t r = 0; r < rows; ++r, q += head_size_, scores += step) {
      for (size_t j = 0; j < keys; ++j) scores[j] = Dot(head_size_, q, k_ + j * k_row_);
    }
  }

  // y[r] = sum over j of weights[r,j] * v[j].
  void Mix(size_t rows, const T* weights, size_t step, T* y, size_t y_row) const {
    if constexpr (std::is_same_v<T, float>) {
      if (packed_v_ != nullptr) {
        return kernels::F32Gemm(rows, value_size_, keys_, weights, step, packed_v_, y, y_row);
      }
    }
    for (size_t r = 0; r < rows; ++r, weights += step, y += y_row) {
      std::fill_n(y, value_size_, T{0});
      for (size_t j = 0; j < keys_; ++j) {
        const T weight = weights[j];
        const T* v = v_ + j * v_row_;
        for (size_t d = 0; d < value_size_; ++d) y[d] += weight * v[d];
      }
    }
  }

 private:
  size_t head_size_, value_size_, k_row_, v_row_;
  const T* k_ = nullptr;
  const T* v_ = nullptr;
  size_t keys_ = 0;
  T* packed_k_ = nullptr;
  T* packed_v_ = nullptr;
};

// --- scores ----------------------------------------------------------------------------------

template <class T>
void Cap(T softcap, size_t n, T* row) {
  for (size_t j = 0; j < n; ++j) row[j] /= softcap;
  if constexpr (std::is_same_v<T, float>) {
    kernels::Unary(kernels::UnaryOp::kTanh, n, row, row);
  } else {
    for (size_t j = 0; j < n; ++j) row[j] = std::tanh(row[j]);
  }
  for (size_t j = 0; j < n; ++j) row[j] *= softcap;
}

template <class T>
void SoftmaxRow(size_t n, T* row) {
  if constexpr (std::is_same_v<T, float>) {
    kernels::Softmax(1, n, row, row);
  } else {
    const T most = *std::max_element(row, row + n);
    T sum{0};
    for (size_t j = 0; j < n; ++j) sum += row[j] = std::exp(row[j] - most);
    for (size_t j = 0; j < n; ++j) row[j] /= sum;
  }
}

// The scores of one query: those of keys [first, first + count) at `row`, where one more value has
// room.
template <class T>
struct ScoreRow {
  const AttentionProblem<T>& p;
  int64_t b, h, i;
  int64_t first, count;
  T* row;

  void Copy(ScoreStage stage, T elsewhere) const {
    if (p.scores == nullptr || p.stage != stage) return;
    T* to = p.scores + ((b * p.heads + h) * p.queries + i) * p.keys;
    std::fill_n(to, first, elsewhere);
    std::copy_n(row, count, to + first);
    std::fill(to + first + count, to + p.keys, elsewhere);
  }

  // Masks by position, bias and mask; returns whether a key is left.
  bool Mask() const {
    const KeyRange range = RangeOf(p, b, i);
    const int64_t begin = std::clamp<int64_t>(range.begin - first, 0, count);
    const int64_t end = std::clamp<int64_t>(range.end - first, begin, count);
    std::fill(row, row + begin, kMasked<T>);
    std::fill(row + end, row + count, kMasked<T>);
    if (const ScoreOperand<T>& bias = p.bias; bias.data != nullptr) {
      const T* from = bias.data + b * bias.batch + h * bias.head + i * bias.row;
      for (int64_t j = begin; j < end; ++j) {
        const T value = from[(first + j) * bias.column];
        row[j] = value == kMasked<T> ? value : row[j] + value;
      }
    }
    if (const ScoreOperand<bool>& mask = p.mask; mask.data != nullptr) {
      const bool* from = mask.data + b * mask.batch + h * mask.head + i * mask.row;
      for (int64_t j = begin; j < end; ++j) {
        if (!from[(first + j) * mask.column]) row[j] = kMasked<T>;
      }
    }
    return std::any_of(row + begin, row + end, [](T score) { return score != kMasked<T>; });
  }

  // From products to probabilities.
  void Finish() const {
    const size_t n = Size(count);
    Copy(ScoreStage::kProducts, 0);
    if (p.softcap > 0) Cap(static_cast<T>(p.softcap), n, row);
    Copy(ScoreStage::kCapped, 0);
    const bool attends = Mask();
    Copy(ScoreStage::kBiased, kMasked<T>);
    if (!attends) {
      std::fill_n(row, count, T{0});
    } else if (p.sinks != nullptr) {
      row[n] = p.sinks[h];
      SoftmaxRow(n + 1, row);
    } else {
      SoftmaxRow(n, row);
    }
    Copy(ScoreStage::kProbabilities, 0);
  }
};

// One problem's scratch memory and the walk over its heads.
template <class T>
class AttentionRun {
 public:
  AttentionRun(OpContext& c, const AttentionProblem<T>& p)
      : p_(p), products_(c, p), step_(Size(p.keys) + 1) {
    const size_t rows = Size(std::min(kBlockRows, p.queries));
    q_ = c.ScratchOf<T>(rows, Size(p.head_size));
    scores_ = c.ScratchOf<T>(rows, step_);
  }

  void Run() {
    const int64_t group = p_.heads / p_.kv_heads;
    for (int64_t b = 0; b < p_.batch; ++b) {
      const KeyRange used = UsedKeys(b);
      for (int64_t kv = 0; kv < p_.kv_heads; ++kv) {
        products_.Load(p_.k.data + b * p_.k.batch + kv * p_.k.head + used.begin * p_.k.row,
                       p_.v.data + b * p_.v.batch + kv * p_.v.head + used.begin * p_.v.row,
                       Size(used.end - used.begin));
        for (int64_t h = kv * group; h < (kv + 1) * group; ++h) {
          for (int64_t i = 0; i < p_.queries; i += kBlockRows) {
            RunBlock(used, b, h, i, std::min(kBlockRows, p_.queries - i));
          }
        }
      }
    }
  }

 private:
  // A copy of scores before masking shows every key.
  bool NeedsAllScores() const { return p_.scores != nullptr && p_.stage < ScoreStage::kBiased; }

  // The keys that any query of the sample attends.
  KeyRange UsedKeys(int64_t b) const {
    if (NeedsAllScores() || p_.queries == 0) return {0, p_.keys};
    const int64_t begin = RangeOf(p_, b, 0).begin;
    return {begin, std::max(begin, RangeOf(p_, b, p_.queries - 1).end)};
  }

  void RunBlock(KeyRange used, int64_t b, int64_t h, int64_t first, int64_t rows) {
    for (int64_t r = 0; r < rows; ++r) {
      const T* from = p_.q.data + b * p_.q.batch + h * p_.q.head + (first + r) * p_.q.row;
      T* to = q_ + r * p_.head_size;
      for (int64_t d = 0; d < p_.head_size; ++d) to[d] = from[d] * static_cast<T>(p_.scale);
    }
    const int64_t all = used.end - used.begin;
    const int64_t end = NeedsAllScores() ? p_.keys : RangeOf(p_, b, first + rows - 1).end;
    const int64_t count = std::clamp<int64_t>(end - used.begin, 0, all);
    products_.Scores(Size(rows), Size(count), q_, scores_, step_);
    for (int64_t r = 0; r < rows; ++r) {
      T* row = scores_ + Size(r) * step_;
      ScoreRow<T>{p_, b, h, first + r, used.begin, count, row}.Finish();
      std::fill(row + count, row + all, T{0});
    }
    products_.Mix(Size(rows), scores_, step_,
                  p_.y.data + b * p_.y.batch + h * p_.y.head + first * p_.y.row, Size(p_.y.row));
  }

  const AttentionProblem<T>& p_;
  HeadProducts<T> products_;
  size_t step_;  // from one row of scores to the next
  T* q_ = nullptr;
  T* scores_ = nullptr;
};

}  // namespace

template <class T>
ScoreOperand<T> BroadcastOperand(const OpContext& c, int i, const std::array<int64_t, 4>& scores,
                                 bool may_be_short) {
  const Tensor* input = c.Optional(i);
  if (input == nullptr) return {};
  if (input->dtype() != DTypeOf<T>::value) UnsupportedInputType(c, i);
  const Shape& shape = input->shape();
  std::array<int64_t, 4> strides = {0, 0, 0, 0};
  bool fits = shape.size() <= scores.size();
  int64_t stride = 1;
  int64_t columns = scores[3];
  for (size_t d = scores.size(), left = shape.size(); fits && left > 0;) {
    const int64_t dim = shape[--left];
    const int64_t wanted = scores[--d];
    if (d == 3 && may_be_short && dim < wanted) {
      columns = dim;
      strides[d] = stride;
    } else {
      fits = dim == 1 || dim == wanted;
      strides[d] = dim == 1 ? 0 : stride;
    }
    stride *= dim;
  }
  if (!fits) {
    c.Invalid("input " + std::to_string(i) + " has shape " + ToString(shape) +
              ", which does not broadcast to " + ToString(scores) + ".");
  }
  return {input->data<T>(), strides[0], strides[1], strides[2], strides[3], columns};
}

template <class T>
void RunAttention(OpContext& c, const AttentionProblem<T>& p) {
  const bool no_rows = p.batch == 0 || p.heads == 0 || p.queries == 0;
  if (no_rows || (p.value_size == 0 && p.scores == nullptr)) return;
  AttentionRun<T>(c, p).Run();
}

template <class T>
void AppendHeadRows(int64_t batch, int64_t heads, int64_t size, HeadRows<const T> past,
                    int64_t rows, HeadRows<const T> more, int64_t more_rows, T* present) {
  // Dimensions of an empty tensor may be too large to walk.
  if (size == 0 || (rows == 0 && more_rows == 0)) return;
  const auto copy = [&](const T* from, int64_t step, int64_t count) {
    for (int64_t r = 0; r < count; ++r, from += step, present += size) {
      std::copy_n(from, size, present);
    }
  };
  for (int64_t b = 0; b < batch; ++b) {
    for (int64_t h = 0; h < heads; ++h) {
      if (rows > 0) copy(past.data + b * past.batch + h * past.head, past.row, rows);
      copy(more.data + b * more.batch + h * more.head, more.row, more_rows);
    }
  }
}

template ScoreOperand<float> BroadcastOperand(const OpContext&, int, const std::array<int64_t, 4>&,
                                              bool);
template ScoreOperand<double> BroadcastOperand(const OpContext&, int, const std::array<int64_t, 4>&,
                                               bool);
template ScoreOperand<bool> BroadcastOperand(const OpContext&, int, const std::array<int64_t, 4>&,
                                             bool);
template void RunAttention(OpContext&, const AttentionProblem<float>&);
template void RunAttention(OpContext&, const AttentionProblem<double>&);
template void AppendHeadRows(int64_t, int64_t, int64_t, HeadRows<const float>, int64_t,
                             HeadRows<const float>, int64_t, float*);
template void AppendHeadRows(int64_t, int64_t, int64_t, HeadRows<const double>, int64_t,
                             HeadRows<const double>, int64_t, double*);

}  // namespace quantab
