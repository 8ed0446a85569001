// Finds few of some ranked things to keep as they are, so that the rest may change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace quantab {

//   KeepSearch search(count, max_trials);
//   while (auto kept = search.Next()) search.Tell(<whether keeping these is enough>);
//
// Things are numbered by rank, those that it costs most to change first. The first trial keeps
// none. Where that is not enough, the least number of the first that is enough is found by halving,
// as if more were never worse; then each of them is left out by trial, those of lower rank first.
class KeepSearch {
 public:
  KeepSearch(size_t count, int64_t max_trials);

  // What the next trial keeps, ascending; nothing when there is no other.
  std::optional<std::vector<size_t>> Next() const;
  void Tell(bool enough);

  int64_t trials() const { return trials_; }
  // Whether it came to its end, rather than to that of its trials.
  bool done() const { return stage_ == Stage::kDone; }
  // So many trials there can be.
  static int64_t MostTrials(size_t count, int64_t max_trials);

 private:
  enum class Stage { kNone, kHalving, kDropping, kDone };
  void Halve();
  void Drop();

  size_t count_;
  int64_t max_trials_;
  int64_t trials_ = 0;
  Stage stage_ = Stage::kNone;
  size_t bad_ = 0, good_;     // numbers of first ones that are not enough, and that are taken to be
  std::vector<size_t> kept_;  // while dropping
  size_t next_ = 0;           // so many of `kept_` are still to be tried
  std::vector<size_t> trial_;  // what Next() gives
};

}  // namespace quantab
