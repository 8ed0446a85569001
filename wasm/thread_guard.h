// A trap in a thread of the pool as the caller of its loop sees it: as if it were its own.
#pragma once

namespace quantab {

// SetThreads (core/base/parallel.h), of threads under guard.
void SetGuardedThreads(int count);

}  // namespace quantab
