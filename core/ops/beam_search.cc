// BeamSearch (com.microsoft, since 1), for decoders like GPT-2's (model_type 0): sequences that a
// graph continues token by token, several at a time.
//
//   inputs:  input_ids int32 [batch, length], max_length, min_length, num_beams,
//            num_return_sequences, length_penalty, repetition_penalty, vocab_mask [vocabulary],
//            prefix_vocab_mask [batch, vocabulary], attention_mask [batch, length]
//   decoder: (input_ids, position_ids, attention_mask, past ...) -> (logits, present ...)
//   outputs: sequences int32 [batch, returned, max_length], sequences_scores [batch, returned]
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include "core/onnx/model.h"
#include "core/ops/beam_scorer.h"
#include "core/ops/control_flow.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

constexpr float kNever = std::numeric_limits<float>::lowest();
constexpr int kFirstPast = 3;
constexpr int kMostBeams = 128;

template <class T>
T Single(const OpContext& c, int i, T otherwise, T lowest) {
  const Tensor* tensor = c.Optional(i);
  if (tensor == nullptr) return otherwise;
  if (tensor->dtype() != DTypeOf<T>::value || tensor->count() != 1 ||
      !(*tensor->data<T>() >= lowest)) {
    c.Invalid("input " + std::to_string(i) + " is not one '" +
              std::string(NameOf(DTypeOf<T>::value)) + "' of " + std::to_string(lowest) +
              " or more.");
  }
  return *tensor->data<T>();
}

// An int32 input of a given shape, or nullptr when it is absent.
const int32_t* Mask(const OpContext& c, int i, const Shape& shape) {
  const Tensor* tensor = c.Optional(i);
  if (tensor == nullptr) return nullptr;
  if (tensor->dtype() != DType::kInt32 || tensor->shape() != shape) {
    c.Invalid("input " + std::to_string(i) + " is '" + std::string(NameOf(tensor->dtype())) + "' " +
              ToString(tensor->shape()) + ", expected 'int32' " + ToString(shape) + ".");
  }
  return tensor->data<int32_t>();
}

class Search {
 public:
  explicit Search(OpContext& c) : c_(c), decoder_(GraphAttribute(c, "decoder")) {
    if (c.attributes().Int("model_type", 0) != 0) {
      c.Unsupported("attribute 'model_type' is not 0: only decoders like GPT-2's are supported.");
    }
    if (c.HasOutput(2)) c.Unsupported("the scores of every step are not given back.");
    if (decoder_.input_size() < kFirstPast ||
        decoder_.output_size() != decoder_.input_size() - kFirstPast + 1) {
      c.Invalid("its graph is no decoder with past and present states.");
    }
    const Tensor& ids = c.Input(0);
    if (ids.dtype() != DType::kInt32 || ids.rank() != 2 || ids.count() == 0) {
      c.Invalid("input 0 is '" + std::string(NameOf(ids.dtype())) + "' " + ToString(ids.shape()) +
                ", expected 'int32' [batch,length].");
    }
    batch_ = ids.dim(0);
    length_ = ids.dim(1);
    max_length_ = Single<int32_t>(c, 1, 0, 1);
    min_length_ = Single<int32_t>(c, 2, 0, 0);
    settings_.beams = Single<int32_t>(c, 3, 1, 1);
    returned_ = Single<int32_t>(c, 4, 1, 1);
    settings_.length_penalty = Single<float>(c, 5, 1, kNever);
    repetition_penalty_ = Single<float>(c, 6, 1, std::numeric_limits<float>::min());
    settings_.early_stopping = c.attributes().Int("early_stopping", 0) != 0;
    settings_.eos_token = Token("eos_token_id", -1);
    settings_.pad_token = Token("pad_token_id", -1);
    ngram_ = c.attributes().Int("no_repeat_ngram_size", 0);
    if (settings_.beams > kMostBeams) c.Unsupported("more than 128 beams are not supported.");
    if (max_length_ <= length_ || returned_ > settings_.beams) {
      c.Invalid("'max_length' must exceed the " + std::to_string(length_) +
                " tokens given, and 'num_return_sequences' must not exceed 'num_beams'.");
    }
  }

  void Run() {
    Begin();
    for (int64_t length = length_; length < max_length_; ++length) {
      std::vector<Value> results = c_.RunGraph("decoder", std::move(feeds_));
      Advance(results, length == length_);
      const bool done = std::all_of(scorers_.begin(), scorers_.end(),
                                    [](const BeamScorer& scorer) { return scorer.done(); });
      if (done || length + 1 == max_length_) break;
      Continue(results, length + 1);
    }
    GiveBack();
  }

 private:
  int32_t Token(std::string_view name, int64_t otherwise) const {
    const int64_t token = c_.attributes().Int(name, otherwise);
    if (token < -1 || token > INT32_MAX) {
      c_.Invalid("attribute '" + std::string(name) + "' is '" + std::to_string(token) + "'.");
    }
    return static_cast<int32_t>(token);
  }

  int64_t rows() const { return batch_ * settings_.beams; }

  // Every row of `values` once for each beam.
  Tensor Expanded(const std::vector<int32_t>& values) const {
    Tensor out(DType::kInt32, {rows(), length_});
    int32_t* to = out.mutable_data<int32_t>();
    for (int64_t row = 0; row < rows(); ++row) {
      const int64_t from = row / settings_.beams * length_;
      to = std::copy_n(values.begin() + from, length_, to);
    }
    return out;
  }

  void Begin() {
    const int32_t* ids = c_.Input(0).data<int32_t>();
    const int32_t* given = Mask(c_, 9, {batch_, length_});
    const size_t count = Size(batch_ * length_);
    std::vector<int32_t> mask(count), positions(count, 0);
    for (int64_t b = 0; b < batch_; ++b) {
      int32_t position = 0;
      for (int64_t i = b * length_; i < (b + 1) * length_; ++i) {
        const bool is_token = ids[i] != settings_.pad_token;
        mask[Size(i)] = given != nullptr ? given[i] : is_token ? 1 : 0;
        if (is_token) positions[Size(i)] = position++;
      }
      next_position_.push_back(position);
      scorers_.emplace_back(settings_, TokenSequence(ids + b * length_, ids + (b + 1) * length_));
    }
    mask_ = std::move(mask);
    feeds_.emplace_back(Expanded({ids, ids + count}));
    feeds_.emplace_back(Expanded(positions));
    feeds_.emplace_back(Expanded(mask_));
    for (int i = kFirstPast; i < decoder_.input_size(); ++i) feeds_.emplace_back(NoPast(i));
  }

  // [2, rows, heads, 0, size], of the type and sizes that the graph declares.
  Tensor NoPast(int i) const {
    const onnx::TypeProto::Tensor& type = decoder_.input(i).type().tensor_type();
    const auto& dims = type.shape().dim();
    if (dims.size() != 5 || dims[2].dim_value() < 1 || dims[4].dim_value() < 1 ||
        type.elem_type() != onnx::TensorProto::FLOAT) {
      c_.Invalid("input " + std::to_string(i) +
                 " of its graph is not float32 [2,batch,heads,length,size] with fixed heads and "
                 "size.");
    }
    return {DType::kFloat, {2, rows(), dims[2].dim_value(), 0, dims[4].dim_value()}};
  }

  // The log probabilities of the last token of each row, with the rules for what may follow.
  void Advance(const std::vector<Value>& results, bool first) {
    const Tensor* logits = results[0].tensor();
    if (logits == nullptr || logits->dtype() != DType::kFloat || logits->rank() != 3 ||
        logits->dim(0) != rows() || logits->count() == 0) {
      c_.Invalid("its graph gives no logits [rows,length,vocabulary].");
    }
    const int64_t vocabulary = logits->dim(2);
    if (vocabulary < 2) c_.Invalid("its graph has a vocabulary of one token.");
    std::vector<float> scores(Size(settings_.beams * vocabulary));
    for (int64_t b = 0; b < batch_; ++b) {
      BeamScorer& scorer = scorers_[Size(b)];
      for (int beam = 0; beam < settings_.beams; ++beam) {
        const int64_t row = b * settings_.beams + beam;
        const float* from = logits->data<float>() + ((row + 1) * logits->dim(1) - 1) * vocabulary;
        const std::span<float> to(scores.data() + beam * vocabulary, Size(vocabulary));
        LogSoftmax(from, to);
        Restrict(scorer.sequence(beam), b, first, to);
        for (float& score : to) score += scorer.score(beam);
      }
      scorer.Advance(Best(scores, vocabulary));
    }
  }

  static void LogSoftmax(const float* from, std::span<float> to) {
    const float largest = *std::max_element(from, from + to.size());
    float sum = 0;
    for (size_t i = 0; i < to.size(); ++i) sum += std::exp(from[i] - largest);
    const float log_sum = std::log(sum);
    for (size_t i = 0; i < to.size(); ++i) to[i] = from[i] - largest - log_sum;
  }

  void Restrict(const TokenSequence& sequence, int64_t b, bool first, std::span<float> scores) {
    const int64_t vocabulary = static_cast<int64_t>(scores.size());
    const auto in_vocabulary = [&](int32_t token) { return token >= 0 && token < vocabulary; };
    if (repetition_penalty_ != 1) {
      TokenSequence seen = sequence;
      std::sort(seen.begin(), seen.end());
      seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
      for (int32_t token : seen) {
        if (!in_vocabulary(token)) continue;
        float& score = scores[static_cast<size_t>(token)];
        score = score < 0 ? score * repetition_penalty_ : score / repetition_penalty_;
      }
    }
    if (ngram_ > 0) ForbidRepeatedNgrams(sequence, scores);
    const int32_t* allowed = Mask(c_, 7, {vocabulary});
    const int32_t* begin = first ? Mask(c_, 8, {batch_, vocabulary}) : nullptr;
    for (int64_t token = 0; token < vocabulary; ++token) {
      const bool forbidden = (allowed != nullptr && allowed[token] == 0) ||
                             (begin != nullptr && begin[b * vocabulary + token] == 0);
      if (forbidden) scores[Size(token)] = kNever;
    }
    if (static_cast<int64_t>(sequence.size()) < min_length_ && in_vocabulary(settings_.eos_token)) {
      scores[static_cast<size_t>(settings_.eos_token)] = kNever;
    }
  }

  void ForbidRepeatedNgrams(const TokenSequence& sequence, std::span<float> scores) const {
    const int64_t length = static_cast<int64_t>(sequence.size());
    if (length < ngram_) return;
    const auto tail = sequence.end() - (ngram_ - 1);
    for (int64_t i = 0; i + ngram_ <= length; ++i) {
      if (!std::equal(tail, sequence.end(), sequence.begin() + i)) continue;
      const int32_t token = sequence[Size(i + ngram_ - 1)];
      if (token >= 0 && static_cast<size_t>(token) < scores.size()) {
        scores[static_cast<size_t>(token)] = kNever;
      }
    }
  }

  // The 2 * beams best continuations, best first; of equal ones the first.
  std::vector<BeamCandidate> Best(const std::vector<float>& scores, int64_t vocabulary) const {
    std::vector<int64_t> order(scores.size());
    std::iota(order.begin(), order.end(), int64_t{0});
    const size_t count = std::min(order.size(), 2 * static_cast<size_t>(settings_.beams));
    std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(count), order.end(),
                      [&](int64_t x, int64_t y) {
                        const float a = scores[Size(x)], b = scores[Size(y)];
                        return a != b ? a > b : x < y;
                      });
    std::vector<BeamCandidate> best;
    for (size_t i = 0; i < count; ++i) {
      best.push_back({scores[Size(order[i])], static_cast<int32_t>(order[i] % vocabulary),
                      static_cast<int>(order[i] / vocabulary)});
    }
    return best;
  }

  // Feeds for the next step, when sequences are `length` long.
  void Continue(std::vector<Value>& results, int64_t length) {
    feeds_.clear();
    Tensor ids(DType::kInt32, {rows(), 1}), positions(DType::kInt32, {rows(), 1});
    Tensor mask(DType::kInt32, {rows(), length});
    int32_t* to = mask.mutable_data<int32_t>();
    std::vector<int64_t> parents;
    for (int64_t row = 0; row < rows(); ++row) {
      const int64_t b = row / settings_.beams;
      const int beam = static_cast<int>(row % settings_.beams);
      const BeamScorer& scorer = scorers_[Size(b)];
      ids.mutable_data<int32_t>()[row] = scorer.sequence(beam).back();
      positions.mutable_data<int32_t>()[row] =
          static_cast<int32_t>(next_position_[Size(b)] + length - length_ - 1);
      to = std::copy_n(mask_.begin() + b * length_, length_, to);
      to = std::fill_n(to, length - length_, 1);
      parents.push_back(b * settings_.beams + scorer.parent(beam));
    }
    feeds_.emplace_back(std::move(ids));
    feeds_.emplace_back(std::move(positions));
    feeds_.emplace_back(std::move(mask));
    for (size_t i = 1; i < results.size(); ++i) {
      const Tensor* present = results[i].tensor();
      if (present == nullptr || present->dtype() != DType::kFloat || present->rank() != 5 ||
          present->dim(0) != 2 || present->dim(1) != rows()) {
        c_.Invalid("its graph gives no present state [2,rows,heads,length,size].");
      }
      feeds_.emplace_back(Reordered(*present, parents));
      results[i] = Value();
    }
  }

  // The states of the beams that were continued.
  static Tensor Reordered(const Tensor& present, const std::vector<int64_t>& parents) {
    Tensor past(DType::kFloat, present.shape());
    const size_t row = Size(CountOf(present.shape(), 2, 5)) * sizeof(float);
    if (row == 0) return past;
    const size_t rows = parents.size();
    for (size_t half = 0; half < 2; ++half) {
      for (size_t i = 0; i < rows; ++i) {
        std::memcpy(past.mutable_raw() + (half * rows + i) * row,
                    present.raw() + (half * rows + Size(parents[i])) * row, row);
      }
    }
    return past;
  }

  void GiveBack() {
    Tensor& sequences = c_.Output(0, DType::kInt32, {batch_, returned_, max_length_});
    int32_t* to = sequences.mutable_data<int32_t>();
    std::fill_n(to, Size(sequences.count()), settings_.pad_token);
    std::vector<float> scores;
    for (BeamScorer& scorer : scorers_) {
      std::vector<Hypothesis> best = scorer.Finish(returned_);
      best.resize(Size(returned_));
      for (const Hypothesis& hypothesis : best) {
        const size_t length = std::min(hypothesis.tokens.size(), Size(max_length_));
        std::copy_n(hypothesis.tokens.begin(), length, to);
        to += max_length_;
        scores.push_back(hypothesis.score);
      }
    }
    if (c_.output_count() < 2) return;
    float* out = c_.Output(1, DType::kFloat, {batch_, returned_}).mutable_data<float>();
    std::copy(scores.begin(), scores.end(), out);
  }

  OpContext& c_;
  const onnx::GraphProto& decoder_;
  BeamSettings settings_;
  int64_t batch_ = 0, length_ = 0, max_length_ = 0, min_length_ = 0, ngram_ = 0;
  int32_t returned_ = 1;
  float repetition_penalty_ = 1;
  std::vector<int32_t> mask_;           // of the prompts, [batch, length]
  std::vector<int64_t> next_position_;  // by batch entry
  std::vector<BeamScorer> scorers_;     // by batch entry
  std::vector<Value> feeds_;
};

void Compute(OpContext& c) { Search(c).Run(); }

}  // namespace

QUANTAB_REGISTER(ops, beam_search) {
  r.Add({.name = "BeamSearch", .domain = "com.microsoft", .compute = Compute});
}

}  // namespace quantab
