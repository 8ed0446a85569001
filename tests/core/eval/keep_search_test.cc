#include "core/eval/keep_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

namespace quantab {
namespace {

using Kept = std::vector<size_t>;

struct Outcome {
  std::vector<Kept> tried;
  Kept best;
};

// Runs a search to its end; `enough` decides.
Outcome RunSearch(KeepSearch& search, const std::function<bool(const Kept&)>& enough) {
  Outcome outcome;
  while (const std::optional<Kept> kept = search.Next()) {
    outcome.tried.push_back(*kept);
    const bool good = enough(*kept);
    if (good) outcome.best = *kept;
    search.Tell(good);
  }
  return outcome;
}

// Whether all of `needed` are kept.
std::function<bool(const Kept&)> Needs(const Kept& needed) {
  return [needed](const Kept& kept) {
    return std::includes(kept.begin(), kept.end(), needed.begin(), needed.end());
  };
}

TEST(KeepSearch, KeepsNoneWhereThatIsEnough) {
  KeepSearch search(9, 64);
  const Outcome outcome = RunSearch(search, Needs({}));
  EXPECT_EQ(outcome.tried, std::vector<Kept>{{}});
  EXPECT_EQ(search.trials(), 1);
  EXPECT_TRUE(search.done());
}

// Whatever is needed is found, and nothing else, for all subsets of a few.
TEST(KeepSearch, FindsExactlyWhatIsNeeded) {
  for (size_t count = 1; count <= 8; ++count) {
    for (size_t subset = 1; subset < size_t{1} << count; ++subset) {
      Kept needed;
      for (size_t i = 0; i < count; ++i) {
        if ((subset >> i & 1) != 0) needed.push_back(i);
      }
      KeepSearch search(count, 64);
      const Outcome outcome = RunSearch(search, Needs(needed));
      EXPECT_EQ(outcome.best, needed) << count;
      EXPECT_LE(search.trials(), KeepSearch::MostTrials(count, 64));
      const std::set<Kept> different(outcome.tried.begin(), outcome.tried.end());
      EXPECT_EQ(different.size(), outcome.tried.size()) << "a trial came twice";
    }
  }
}

TEST(KeepSearch, TriesAllWhereNothingLessIsEnough) {
  KeepSearch search(5, 64);
  const Outcome outcome = RunSearch(search, [](const Kept&) { return false; });
  EXPECT_EQ(outcome.tried.back(), (Kept{0, 1, 2, 3, 4}));
  EXPECT_FALSE(search.Next());
}

TEST(KeepSearch, HalvesInFewTrials) {
  KeepSearch search(1000, 64);
  const Outcome outcome = RunSearch(search, Needs({0}));
  EXPECT_EQ(outcome.best, Kept{0});
  EXPECT_LE(search.trials(), 11);
}

TEST(KeepSearch, EndsWithItsTrials) {
  KeepSearch search(1000, 5);
  EXPECT_EQ(RunSearch(search, Needs({0, 400, 700})).tried.size(), 5U);
  EXPECT_FALSE(search.done());
  EXPECT_EQ(KeepSearch::MostTrials(1000, 5), 5);
}

}  // namespace
}  // namespace quantab
