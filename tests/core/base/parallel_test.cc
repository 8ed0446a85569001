#include "core/base/parallel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#if QUANTAB_THREADS
#include <thread>
#endif

#include "core/base/error.h"
#include "core/base/reproducible.h"
#include "tests/core/base/threads_scope.h"

namespace quantab {
namespace {

constexpr size_t kMost = static_cast<size_t>(-1);

class ParallelTest : public testing::TestWithParam<int> {
  const ThreadsScope threads_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Threads, ParallelTest, testing::Values(1, 2, 3, 7));

TEST_P(ParallelTest, EveryElementIsVisitedOnceInPiecesOfTheGrain) {
  for (const size_t count :
       {size_t{0}, size_t{1}, size_t{2}, size_t{31}, size_t{64}, size_t{997}}) {
    for (const size_t grain : {size_t{0}, size_t{1}, size_t{3}, size_t{64}, size_t{2000}, kMost}) {
      std::vector<std::atomic<int>> visits(count);
      std::atomic<bool> aligned{true};
      ParallelFor(count, grain, [&](size_t begin, size_t end) {
        const size_t piece = std::max<size_t>(grain, 1);
        if (begin % piece != 0 || (end % piece != 0 && end != count) || end <= begin) {
          aligned = false;
        }
        for (size_t i = begin; i < end; ++i) ++visits[i];
      });
      EXPECT_TRUE(aligned) << count << " in pieces of " << grain;
      for (const std::atomic<int>& each : visits) ASSERT_EQ(each, 1);
    }
  }
}

TEST_P(ParallelTest, NoTwoRangesOfALaneRunAtOnce) {
  constexpr size_t kCount = 5000;
  const size_t lanes = LanesOf(kCount, 10);
  EXPECT_LE(lanes, static_cast<size_t>(Threads()));
  std::vector<std::atomic<int>> inside(lanes);
  std::atomic<int> clashes{0};
  ParallelFor(kCount, 10, [&](size_t, size_t, size_t lane) {
    if (inside.at(lane).fetch_add(1) != 0) ++clashes;
    inside[lane].fetch_sub(1);
  });
  EXPECT_EQ(clashes, 0);
}

TEST_P(ParallelTest, TheForemostErrorReachesTheCallerAndTheNextLoopRuns) {
  for (int round = 0; round < 20; ++round) {
    try {
      ParallelFor(1000, 1, [](size_t begin, size_t end) {
        for (size_t i = begin; i < end; ++i) {
          if (i % 300 == 250) ThrowUnsupported("element " + std::to_string(i));
        }
      });
      FAIL() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
      EXPECT_EQ(error.message(), "element 250");
    }
    std::atomic<size_t> sum{0};
    ParallelFor(100, 1, [&](size_t begin, size_t end) { sum += end - begin; });
    EXPECT_EQ(sum, 100U);
  }
}

TEST_P(ParallelTest, ALoopInsideALoopIsAPlainOne) {
  std::atomic<size_t> ranges{0};
  std::atomic<size_t> sum{0};
  std::atomic<int> most_threads{0};
  std::atomic<size_t> most_lanes{0};
  ParallelFor(64, 1, [&](size_t begin, size_t end) {
    if (ThreadsHere() > 1) most_threads = ThreadsHere();
    if (LanesOf(100, 1) > 1) most_lanes = LanesOf(100, 1);
    for (size_t i = begin; i < end; ++i) {
      ParallelFor(100, 1, [&](size_t from, size_t to) {
        ++ranges;
        sum += to - from;
      });
    }
  });
  EXPECT_EQ(ranges, 64U);
  EXPECT_EQ(sum, 6400U);
  EXPECT_EQ(most_threads, 0) << "a loop would have";
  EXPECT_EQ(most_lanes, 0U) << "a loop would have";
  EXPECT_EQ(ThreadsHere(), GetParam());
}

TEST_P(ParallelTest, TheCallersReproducibleScopeHoldsInAllThreads) {
  const auto active_in = [](size_t count) {
    std::atomic<size_t> active{0};
    ParallelFor(count, 1, [&](size_t begin, size_t end) {
      if (ReproducibleScope::Active()) active += end - begin;
    });
    return active.load();
  };
  {
    const ReproducibleScope scope;
    EXPECT_EQ(active_in(500), 500U);
  }
  EXPECT_EQ(active_in(500), 0U);
}

TEST(Parallel, TheNumberOfThreadsIsClamped) {
  const ThreadsScope least(-3);
  EXPECT_EQ(Threads(), 1);
  const ThreadsScope most(1000);
  EXPECT_EQ(Threads(), QUANTAB_THREADS ? kMostThreads : 1);
  EXPECT_EQ(LanesOf(0, 1), 1U);
  EXPECT_EQ(LanesOf(20, 10), QUANTAB_THREADS ? 2U : 1U);
  EXPECT_EQ(LanesOf(21, 10), QUANTAB_THREADS ? 3U : 1U);
  EXPECT_EQ(LanesOf(kMost, 1), QUANTAB_THREADS ? size_t{kMostThreads} : 1U);
}

TEST(Parallel, APieceIsWorthAThread) {
  EXPECT_EQ(GrainFor(0), GrainFor(1));
  EXPECT_GT(GrainFor(1), 1000U);
  EXPECT_EQ(GrainFor(kMost), 1U);
  EXPECT_GE(UsualThreads(), 1);
}

#if QUANTAB_THREADS

TEST(Parallel, AsManyThreadsRunAsWereAskedFor) {
  const ThreadsScope threads(3);
  // Each range waits for the others, which only other threads can begin.
  std::atomic<int> begun{0};
  std::mutex mutex;
  std::set<std::thread::id> ids;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  ParallelFor(3, 1, [&](size_t, size_t) {
    {
      const std::lock_guard lock(mutex);
      ids.insert(std::this_thread::get_id());
    }
    ++begun;
    while (begun < 3 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  });
  EXPECT_EQ(ids.size(), 3U);
  EXPECT_GE(ThreadsSeen(), 3);
}

TEST(Parallel, OneThreadRunsAllInTheCaller) {
  const ThreadsScope threads(1);
  std::set<std::thread::id> ids;
  ParallelFor(100, 1, [&](size_t, size_t) { ids.insert(std::this_thread::get_id()); });
  EXPECT_EQ(ids, std::set{std::this_thread::get_id()});
}

TEST(Parallel, LoopsOfSeveralThreadsDoNotDisturbEachOther) {
  const ThreadsScope threads(3);
  std::atomic<int> wrong{0};
  const auto loops = [&] {
    for (size_t round = 0; round < 300; ++round) {
      std::atomic<size_t> sum{0};
      ParallelFor(round, 4, [&](size_t begin, size_t end) {
        for (size_t i = begin; i < end; ++i) sum += i;
      });
      if (sum != round * (round - std::min<size_t>(round, 1)) / 2) ++wrong;
    }
  };
  std::thread other(loops);
  std::thread another(loops);
  loops();
  other.join();
  another.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Parallel, ThreadsThatFellAsleepAreWoken) {
  const ThreadsScope threads(2);
  for (int round = 0; round < 20; ++round) {
    // Longer than a thread looks out for work.
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::atomic<int> begun{0};
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    ParallelFor(2, 1, [&](size_t, size_t) {
      ++begun;
      while (begun < 2 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    });
    EXPECT_EQ(begun, 2);
  }
}

// Ends every thread of the pool before it does anything, as a trap might.
class EndedThreads : public testing::Test {
 protected:
  EndedThreads() {
    SetThreadGuard({[](void (*)(void*), void*, char* reason, size_t room) {
                      std::string("it fell").copy(reason, room - 1);
                      ++ended;
                      return false;
                    },
                    [](const char* reason) { ThrowInternal(reason); }});
  }
  ~EndedThreads() override { SetThreadGuard({nullptr, nullptr}); }

  const ThreadsScope threads_{2};
  static inline std::atomic<int> ended{0};
};

TEST_F(EndedThreads, EndTheCallerOfTheLoop) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const int before = ended;
  try {
    ParallelFor(2, 1, [&](size_t, size_t) {
      while (ended == before && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
      }
    });
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "it fell");
  }
}

TEST(Parallel, AThreadUnderGuardDoesItsPart) {
  SetThreadGuard({[](void (*body)(void*), void* argument, char*, size_t) {
                    body(argument);
                    return true;
                  },
                  [](const char* reason) { ThrowInternal(reason); }});
  const ThreadsScope threads(2);
  std::atomic<int> begun{0};
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  ParallelFor(2, 1, [&](size_t, size_t) {
    ++begun;
    while (begun < 2 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  });
  SetThreadGuard({nullptr, nullptr});
  EXPECT_EQ(begun, 2);
}

#endif

}  // namespace
}  // namespace quantab
