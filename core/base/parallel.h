// Loops split over threads.
//
//   ParallelFor(rows, 8, [&](size_t begin, size_t end) { ... });
//
// A process has one pool of threads. SetThreads says how many of them a loop may use; until it is
// called every loop is a plain one and no thread is started. Loops of several sessions may begin at
// once, in several threads: the first gets the pool, the others run as plain loops meanwhile, as
// does a loop inside a loop.
//
// Results do not depend on the number of threads if the caller keeps one rule: what becomes of an
// element depends on the piece of `grain` elements that it lies in, counted from the first element,
// and on nothing else. Sums are split by the operator, never by the threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace quantab {

// Whether this build can start threads: natively, and in WebAssembly with shared memory.
#if !defined(__EMSCRIPTEN__) || defined(__EMSCRIPTEN_PTHREADS__)
#define QUANTAB_THREADS 1
#else
#define QUANTAB_THREADS 0
#endif

inline constexpr int kMostThreads = 64;

// Lets loops use `count` threads, the calling one included; clamped to 1 ... kMostThreads, and to 1
// in a build without threads. To be called while no session runs.
void SetThreads(int count);

// What SetThreads was given, clamped; 1 at first.
int Threads();

// How many threads a loop that begins here may use: Threads(), but 1 inside a loop.
int ThreadsHere();

// How many threads have run a part of a loop so far; the callers count as one. Says whether the
// threads asked for are really there.
int ThreadsSeen();

// How many threads at most take part in a loop that begins here over `count` elements in pieces of
// `grain`: what `lane` below is less than, so as to set aside memory for each.
size_t LanesOf(size_t count, size_t grain);

// The grain for a loop whose elements cost `steps` simple operations each (a multiply-add, a
// comparison): a piece is worth more than handing it to a thread costs.
constexpr size_t GrainFor(size_t steps) {
  constexpr size_t kStepsOfAPiece = 32768;
  return steps == 0 ? kStepsOfAPiece : std::max<size_t>(1, kStepsOfAPiece / steps);
}

// How the pool's threads are called where something may end one that C++ cannot catch, such as a
// trap in WebAssembly. Without it such an end ends the process.
struct ThreadGuard {
  // Calls body(argument). When that does not return: false, and why in `reason`, of `room` bytes.
  bool (*run)(void (*body)(void*), void* argument, char* reason, size_t room);
  // Ends the caller of a loop, one of whose threads was ended for `reason`. Does not return.
  void (*stop)(const char* reason);
};

// Holds for all loops from now on. To be called while none runs.
void SetThreadGuard(const ThreadGuard& guard);

// How many threads use the machine well unless somebody says otherwise.
int UsualThreads();

#if QUANTAB_THREADS
namespace internal {

// A body without its type. It outlives the loop.
struct LoopBody {
  void (*call)(const void* body, size_t begin, size_t end, size_t lane);
  const void* body;
};

void RunLoop(size_t count, size_t grain, LoopBody body);

}  // namespace internal
#endif

// Calls body(begin, end) or body(begin, end, lane) for ranges that make up 0 ... count, each once.
// A range begins at a multiple of `grain` (0 counts as 1), and ends at one or at `count`. Of the
// calls of one loop that run at the same time no two have the same lane.
//
// When bodies throw, no further range is begun, and the exception of the foremost range that threw
// reaches the caller, as it would from a plain loop; by then no body runs any more. A
// ReproducibleScope of the caller holds in all threads.
//
// Starting a loop on threads costs a few microseconds: choose `grain` so that a piece is worth it.
template <class Body>
void ParallelFor(size_t count, [[maybe_unused]] size_t grain, const Body& body) {
  constexpr bool kTakesLane = std::is_invocable_v<const Body&, size_t, size_t, size_t>;
  const auto call = [](const void* untyped, size_t begin, size_t end, size_t lane) {
    const Body& typed = *static_cast<const Body*>(untyped);
    if constexpr (kTakesLane) {
      typed(begin, end, lane);
    } else {
      (void)lane;
      typed(begin, end);
    }
  };
  if (count == 0) return;
#if QUANTAB_THREADS
  if (LanesOf(count, grain) > 1) return internal::RunLoop(count, grain, {call, &body});
#endif
  call(&body, 0, count, 0);
}

}  // namespace quantab
