// The number of threads that loops use, for the time of a test.
#pragma once

#include "core/base/parallel.h"

namespace quantab {

class ThreadsScope {
 public:
  explicit ThreadsScope(int count) { SetThreads(count); }
  ~ThreadsScope() { SetThreads(before_); }
  ThreadsScope(const ThreadsScope&) = delete;
  ThreadsScope& operator=(const ThreadsScope&) = delete;

 private:
  const int before_ = Threads();
};

}  // namespace quantab
