#include "core/eval/keep_search.h"

#include <algorithm>
#include <numeric>

namespace quantab {
namespace {

std::vector<size_t> FirstOnes(size_t count) {
  std::vector<size_t> first(count);
  std::iota(first.begin(), first.end(), size_t{0});
  return first;
}

}  // namespace

KeepSearch::KeepSearch(size_t count, int64_t max_trials)
    : count_(count), max_trials_(max_trials), good_(count) {}

std::optional<std::vector<size_t>> KeepSearch::Next() const {
  if (stage_ == Stage::kDone || trials_ >= max_trials_) return std::nullopt;
  return trial_;
}

void KeepSearch::Tell(bool enough) {
  ++trials_;
  switch (stage_) {
    case Stage::kNone:
      if (enough) {
        stage_ = Stage::kDone;
      } else {
        Halve();
      }
      return;
    case Stage::kHalving:
      if (enough) {
        good_ = trial_.size();
        kept_ = trial_;
      } else {
        bad_ = trial_.size();
      }
      Halve();
      return;
    case Stage::kDropping:
      if (enough) kept_ = trial_;
      Drop();
      return;
    case Stage::kDone:
      return;
  }
}

void KeepSearch::Halve() {
  stage_ = Stage::kHalving;
  if (good_ - bad_ > 1) {
    trial_ = FirstOnes(bad_ + (good_ - bad_) / 2);
  } else if (kept_.empty() && bad_ < count_) {
    // All of them, which has not been tried.
    trial_ = FirstOnes(count_);
  } else if (kept_.empty()) {
    stage_ = Stage::kDone;
  } else {
    // Without the last one it was not enough.
    next_ = kept_.size() - 1;
    Drop();
  }
}

void KeepSearch::Drop() {
  stage_ = Stage::kDropping;
  if (next_ == 0) {
    stage_ = Stage::kDone;
    return;
  }
  --next_;
  trial_ = kept_;
  trial_.erase(trial_.begin() + static_cast<std::ptrdiff_t>(next_));
}

int64_t KeepSearch::MostTrials(size_t count, int64_t max_trials) {
  int64_t halvings = 0;
  for (size_t left = count; left > 1; left -= left / 2) ++halvings;
  return std::min(max_trials, 2 + halvings + static_cast<int64_t>(count));
}

}  // namespace quantab
