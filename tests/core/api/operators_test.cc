#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/api/quantab.h"

namespace quantab {
namespace {

const SupportedOperator* Find(const std::vector<SupportedOperator>& all, const std::string& domain,
                              const std::string& op_type) {
  const auto at = std::find_if(all.begin(), all.end(), [&](const SupportedOperator& op) {
    return op.domain == domain && op.op_type == op_type;
  });
  return at == all.end() ? nullptr : &*at;
}

TEST(SupportedOperators, TellsKernelsFromDefinitions) {
  const std::vector<SupportedOperator> all = SupportedOperators();
  const SupportedOperator* conv = Find(all, "ai.onnx", "Conv");
  ASSERT_NE(conv, nullptr);
  EXPECT_FALSE(conv->by_definition);
  EXPECT_EQ(conv->until, 0);
  const SupportedOperator* window = Find(all, "ai.onnx", "HannWindow");
  ASSERT_NE(window, nullptr);
  EXPECT_TRUE(window->by_definition);
  EXPECT_EQ(window->since, 17);
  EXPECT_NE(Find(all, "com.microsoft", "QLinearAdd"), nullptr);
}

TEST(SupportedOperators, NamesEachOnceAndNothingInternal) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const SupportedOperator& op : SupportedOperators()) {
    EXPECT_TRUE(seen.emplace(op.domain, op.op_type).second) << op.domain << " " << op.op_type;
    EXPECT_NE(op.domain, "quantab");
    EXPECT_GE(op.since, 1);
    EXPECT_TRUE(op.until == 0 || op.until >= op.since) << op.op_type;
  }
}

}  // namespace
}  // namespace quantab
