#include "core/cli/console.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "tests/core/cli/fixtures.h"

namespace quantab {
namespace {

double NumberOf(const nlohmann::ordered_json& value) {
  if (value.is_number()) return value.get<double>();
  const double infinity = std::numeric_limits<double>::infinity();
  return value == "nan" ? NAN : value == "inf" ? infinity : -infinity;
}

TEST(Console, NumbersAreThoseOfBothPrograms) {
  const nlohmann::ordered_json cases = Fixture("numbers");
  for (const auto& row : cases["numbers"]) {
    EXPECT_EQ(HumanNumber(NumberOf(row[0]), row[1]), row[2].get<std::string>()) << row;
  }
  for (const auto& row : cases["bytes"]) {
    EXPECT_EQ(HumanBytes(row[0].get<uint64_t>()), row[1].get<std::string>()) << row;
  }
}

TEST(Console, ColumnsAreAlignedByCharacters) {
  EXPECT_EQ(Table({{"output", "n"}, {"é", "1"}, {"long name", "12"}}),
            "output      n\né           1\nlong name  12\n");
}

}  // namespace
}  // namespace quantab
