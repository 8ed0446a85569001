#include "core/cli/npy.h"

#include <gtest/gtest.h>

#include "tests/core/cli/fixtures.h"

namespace quantab {
namespace {

TEST(Npy, ReadsWhatNumpyWrote) {
  const nlohmann::ordered_json cases = Fixture("npy");
  for (const auto& [name, expected] : cases.items()) {
    SCOPED_TRACE(name);
    const Tensor tensor = ReadNpy(FromBase64(expected["file"]));
    ExpectTensor(tensor, expected);
    ExpectTensor(ReadNpy(WriteNpy(tensor)), expected);
  }
}

TEST(Npy, WritesWhatNumpyWrites) {
  const std::vector<std::byte> original = FromBase64(Fixture("npy")["float32"]["file"]);
  EXPECT_EQ(WriteNpy(ReadNpy(original)), original);
}

TEST(Npy, EveryTruncationIsRefused) {
  const std::vector<std::byte> whole = FromBase64(Fixture("npy")["float32"]["file"]);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(ReadNpy({whole.data(), size}), Error) << size;
  }
}

TEST(Npy, TypesNumpyHasNoNameForAreNotWritten) {
  for (const DType dtype : {DType::kBfloat16, DType::kComplex64, DType::kString}) {
    try {
      WriteNpy(Tensor(dtype, {1}));
      FAIL() << NameOf(dtype);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kUnsupported);
      EXPECT_EQ(e.message(), "A tensor of type '" + std::string(NameOf(dtype)) +
                                 "' cannot be saved as .npy. Cast that output to another type in "
                                 "the model.");
    }
  }
}

}  // namespace
}  // namespace quantab
