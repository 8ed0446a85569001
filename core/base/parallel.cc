#include "core/base/parallel.h"

#include <algorithm>
#include <atomic>

#if QUANTAB_THREADS
#include <array>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

#include "core/base/reproducible.h"
#endif

namespace quantab {
namespace {

std::atomic<int> threads{1};
std::atomic<int> threads_seen{1};
#if QUANTAB_THREADS
// Whether this thread runs a part of a loop.
thread_local bool inside_loop = false;
#endif
ThreadGuard thread_guard{nullptr, nullptr};

}  // namespace

void SetThreads(int count) {
  threads.store(QUANTAB_THREADS ? std::clamp(count, 1, kMostThreads) : 1,
                std::memory_order_relaxed);
}

int Threads() { return threads.load(std::memory_order_relaxed); }

int ThreadsHere() {
#if QUANTAB_THREADS
  if (inside_loop) return 1;
#endif
  return Threads();
}

int UsualThreads() {
#if QUANTAB_THREADS
  // More are seldom faster, and leave less of the machine to others.
  constexpr unsigned kMost = 4;
  return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, kMost));
#else
  return 1;
#endif
}

void SetThreadGuard(const ThreadGuard& guard) { thread_guard = guard; }

int ThreadsSeen() { return threads_seen.load(std::memory_order_relaxed); }

size_t LanesOf(size_t count, size_t grain) {
  const size_t most = static_cast<size_t>(ThreadsHere());
  if (most == 1 || count == 0) return 1;
  return std::min(most, (count - 1) / std::max<size_t>(grain, 1) + 1);
}

#if QUANTAB_THREADS
namespace {

// Operators follow each other within microseconds, and waking a thread takes tens of them: a thread
// that has nothing to do looks out for work this long before it sleeps.
constexpr std::chrono::microseconds kSpin{200};
// Ranges for each thread: threads that are slowed down by others leave more to the rest.
constexpr size_t kRangesPerLane = 4;

// Asks `done` again and again, for kSpin at most; returns its last answer.
template <class Done>
bool SpinUntil(Done done) {
  constexpr int kAsksPerLook = 64;
  const auto start = std::chrono::steady_clock::now();
  do {
    for (int i = 0; i < kAsksPerLook; ++i) {
      if (done()) return true;
#if defined(__x86_64__) || defined(__i386__)
      __builtin_ia32_pause();
#endif
    }
  } while (std::chrono::steady_clock::now() - start < kSpin);
  return done();
}

// One loop, on the caller's stack.
class Loop {
 public:
  Loop(size_t count, size_t grain, internal::LoopBody body)
      : body_(body),
        count_(count),
        lanes_(LanesOf(count, grain)),
        reproducible_(ReproducibleScope::Active()) {
    grain = std::max<size_t>(grain, 1);
    const size_t pieces = (count - 1) / grain + 1;
    step_ = std::max<size_t>(1, pieces / (lanes_ * kRangesPerLane)) * grain;
    ranges_ = (count - 1) / step_ + 1;
  }

  // Work in a thread of the pool. A caller does not wait for one that was ended.
  bool WorkGuarded() {
    if (thread_guard.run == nullptr) return Work();
    struct Call {
      Loop* loop;
      bool worked;
    } call{this, false};
    std::array<char, kReason> reason{};
    const auto body = [](void* argument) {
      Call& each = *static_cast<Call*>(argument);
      each.worked = each.loop->Work();
    };
    if (!thread_guard.run(body, &call, reason.data(), reason.size())) End(reason);
    return call.worked;
  }

  // Runs ranges until none is left, in each thread that takes part. Says whether there was one.
  bool Work() {
    const size_t lane = next_lane_.fetch_add(1, std::memory_order_relaxed);
    if (lane >= lanes_) return false;
    const ReproducibleScope scope(reproducible_);
    inside_loop = true;
    bool any = false;
    for (;;) {
      const size_t range = next_range_.fetch_add(1, std::memory_order_relaxed);
      if (range >= ranges_) break;
      any = true;
      const size_t begin = range * step_;
      try {
        body_.call(body_.body, begin, begin + std::min(step_, count_ - begin), lane);
      } catch (...) {
        Fail(range);
      }
    }
    inside_loop = false;
    return any;
  }

  // After all threads are done.
  void Rethrow() {
    if (ended_) thread_guard.stop(reason_.data());
    if (error_ != nullptr) std::rethrow_exception(error_);
  }

 private:
  static constexpr size_t kReason = 128;  // bytes

  void End(const std::array<char, kReason>& reason) {
    const std::lock_guard lock(error_mutex_);
    reason_ = reason;
    ended_ = true;
    next_range_.store(ranges_, std::memory_order_relaxed);
  }

  // Ranges are handed out in order and run by whom they were given to: all before a failed one are
  // run, and the foremost failure is the one that a plain loop would have met.
  void Fail(size_t range) {
    const std::lock_guard lock(error_mutex_);
    if (error_ == nullptr || range < failed_range_) {
      error_ = std::current_exception();
      failed_range_ = range;
    }
    next_range_.store(ranges_, std::memory_order_relaxed);
  }

  const internal::LoopBody body_;
  const size_t count_;
  const size_t lanes_;
  const bool reproducible_;
  size_t step_, ranges_;
  std::atomic<size_t> next_lane_{0};
  std::atomic<size_t> next_range_{0};
  std::mutex error_mutex_;
  std::exception_ptr error_;
  size_t failed_range_ = 0;
  bool ended_ = false;  // a thread was, for this reason
  std::array<char, kReason> reason_{};
};

class Pool {
 public:
  // Never taken down: its threads may outlive everything else of the process.
  static Pool& Get() {
    static Pool& pool = *new Pool;
    return pool;
  }

  // False, and nothing done, when another thread's loop has the pool.
  bool Run(Loop& loop) {
    if (busy_.exchange(true, std::memory_order_acquire)) return false;
    Grow();
    loop_ = &loop;
    gate_.store(kOpen, std::memory_order_release);
    loops_.fetch_add(1);
    if (sleeping_.load() > 0) {
      {
        const std::lock_guard lock(mutex_);
      }
      work_there_.notify_all();
    }
    loop.Work();
    gate_.fetch_and(~kOpen, std::memory_order_acq_rel);
    const auto empty = [this] { return gate_.load() == 0; };
    if (!SpinUntil(empty)) {
      std::unique_lock lock(mutex_);
      work_done_.wait(lock, empty);
    }
    busy_.store(false, std::memory_order_release);
    return true;
  }

 private:
  // Starts threads until there are as many as asked for, or the system gives no more.
  void Grow() {
    while (workers_ < Threads() - 1 && !exhausted_) {
      try {
        std::thread([this] { Serve(); }).detach();
        ++workers_;
      } catch (const std::system_error&) {
        exhausted_ = true;
      }
    }
  }

  // The life of a thread of the pool.
  void Serve() {
    bool worked = false;
    for (uint32_t seen = 0;;) {
      seen = AwaitLoop(seen);
      if (!Enter()) continue;
      const bool works = loop_->WorkGuarded();
      if (works && !worked) threads_seen.fetch_add(1, std::memory_order_relaxed);
      worked = worked || works;
      Leave();
    }
  }

  // Waits until there has been a loop after number `seen`; returns the newest one's.
  uint32_t AwaitLoop(uint32_t seen) {
    const auto there = [&] { return loops_.load() != seen; };
    if (!SpinUntil(there)) {
      std::unique_lock lock(mutex_);
      sleeping_.fetch_add(1);
      work_there_.wait(lock, there);
      sleeping_.fetch_sub(1);
    }
    return loops_.load();
  }

  // Takes part in the loop that is open, if one is: it stays until all who entered have left.
  bool Enter() {
    uint32_t gate = gate_.load();
    do {
      if ((gate & kOpen) == 0) return false;
    } while (!gate_.compare_exchange_weak(gate, gate + 1, std::memory_order_acq_rel));
    return true;
  }

  void Leave() {
    if (gate_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    // The last to leave a closed loop.
    {
      const std::lock_guard lock(mutex_);
    }
    work_done_.notify_one();
  }

  static constexpr uint32_t kOpen = uint32_t{1} << 31;

  std::atomic<bool> busy_{false};
  std::atomic<uint32_t> loops_{0};     // begun so far
  std::atomic<uint32_t> gate_{0};      // kOpen while a loop can be entered, and how many are inside
  std::atomic<uint32_t> sleeping_{0};  // threads that have to be woken
  Loop* loop_ = nullptr;               // valid to those who entered
  int workers_ = 0;                    // threads started
  bool exhausted_ = false;             // no more can be started
  std::mutex mutex_;
  std::condition_variable work_there_, work_done_;
};

}  // namespace

namespace internal {

void RunLoop(size_t count, size_t grain, LoopBody body) {
  if (!inside_loop) {
    Loop loop(count, grain, body);
    if (Pool::Get().Run(loop)) return loop.Rethrow();
  }
  body.call(body.body, 0, count, 0);
}

}  // namespace internal
#endif

}  // namespace quantab
