// All tests run with two threads where the build has any: what is computed must not depend on them.
#include <gtest/gtest.h>

#include "core/base/parallel.h"

namespace quantab {
namespace {

class ThreadsEnvironment : public testing::Environment {
 public:
  void SetUp() override { SetThreads(2); }
};

testing::Environment* const environment = testing::AddGlobalTestEnvironment(new ThreadsEnvironment);

}  // namespace
}  // namespace quantab
