#include "tests/core/cli/fixtures.h"

#include <gtest/gtest.h>

#include <fstream>
#include <span>

namespace quantab {

nlohmann::ordered_json Fixture(const std::string& name) {
  std::ifstream in("tests/package/fixtures/" + name + ".json");
  EXPECT_TRUE(in) << name;
  return nlohmann::ordered_json::parse(in);
}

std::vector<std::byte> FromBase64(const std::string& text) {
  static const std::string kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<std::byte> bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<unsigned>(kDigits.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<std::byte>(bits >> count & 0xFF));
  }
  return bytes;
}

void ExpectTensor(const Tensor& tensor, const nlohmann::ordered_json& expected) {
  EXPECT_EQ(NameOf(tensor.dtype()), expected.at("dtype").get<std::string>());
  EXPECT_EQ(tensor.shape(), expected.at("dims").get<Shape>());
  if (expected.contains("strings")) {
    EXPECT_EQ(tensor.strings(), expected["strings"].get<std::vector<std::string>>());
    return;
  }
  const std::span<const std::byte> elements(tensor.raw(), tensor.bytes());
  EXPECT_EQ(std::vector<std::byte>(elements.begin(), elements.end()),
            FromBase64(expected.at("elements")));
}

}  // namespace quantab
