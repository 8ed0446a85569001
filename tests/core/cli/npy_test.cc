#include "core/cli/npy.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "core/cli/npz.h"

namespace quantab {
namespace {

std::vector<std::byte> FileBytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

std::vector<std::byte> Bytes(const std::string& text) {
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

// A version 1 file with this header dictionary and data.
std::vector<std::byte> Npy(std::string header, const std::string& data) {
  header += '\n';
  std::string file = "\x93NUMPY";
  file += '\x01';
  file += '\0';
  file += static_cast<char>(header.size() & 0xFF);
  file += static_cast<char>(header.size() >> 8);
  return Bytes(file + header + data);
}

std::string MessageOf(const std::vector<std::byte>& bytes) {
  try {
    ReadNpy(bytes, "x.npy");
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument);
    return e.message();
  }
  return "no error";
}

TEST(Npy, ReadsWhatNumpyWrote) {
  const Tensor images = ReadNpy(FileBytes("examples/digits/heldout.npy"), "heldout.npy");
  EXPECT_EQ(images.dtype(), DType::kFloat);
  EXPECT_EQ(images.shape(), (Shape{400, 1, 8, 8}));
  const Tensor labels =
      ReadNpy(FileBytes("examples/digits/heldout_labels.npy"), "heldout_labels.npy");
  EXPECT_EQ(labels.dtype(), DType::kUint8);
  EXPECT_EQ(labels.shape(), (Shape{400}));
  for (uint8_t label : labels.span<uint8_t>()) EXPECT_LT(label, 10);
}

TEST(Npy, WritesWhatNumpyWrites) {
  const std::vector<std::byte> original = FileBytes("examples/digits/heldout.npy");
  EXPECT_EQ(WriteNpy(ReadNpy(original, "heldout.npy")), original);
}

TEST(Npy, ColumnMajorAndBigEndianAreConverted) {
  const std::string big("\0\1\0\2\0\3\0\4\0\5\0\6", 12);
  const Tensor tensor =
      ReadNpy(Npy("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }", big), "x.npy");
  EXPECT_EQ(tensor.shape(), (Shape{2, 3}));
  const std::vector<int16_t> values(tensor.span<int16_t>().begin(), tensor.span<int16_t>().end());
  EXPECT_EQ(values, (std::vector<int16_t>{1, 3, 5, 2, 4, 6}));
}

TEST(Npy, ScalarsAndEmptyArrays) {
  const Tensor scalar =
      ReadNpy(Npy("{'descr': '|u1', 'fortran_order': False, 'shape': (), }", "\x07"), "x.npy");
  EXPECT_EQ(scalar.rank(), 0);
  EXPECT_EQ(scalar.data<uint8_t>()[0], 7);
  EXPECT_EQ(ReadNpy(WriteNpy(scalar), "y.npy").shape(), Shape{});
  const Tensor empty =
      ReadNpy(Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 5), }", ""), "x.npy");
  EXPECT_EQ(empty.count(), 0);
}

TEST(Npy, DamagedFilesAreRefused) {
  EXPECT_NE(MessageOf(Bytes("hello")).find("does not begin as a .npy file"), std::string::npos);
  const std::string head = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  EXPECT_NE(MessageOf(Npy(head, "1234567")).find("does not fit its 7 bytes"), std::string::npos);
  EXPECT_NE(MessageOf(Npy("{'descr': '<f4', 'fortran_order': False, 'shape': "
                          "(4611686018427387904, 16), }",
                          "1234"))
                .find("does not fit"),
            std::string::npos);
  EXPECT_NE(MessageOf(Npy("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", "12"))
                .find("not supported"),
            std::string::npos);
  EXPECT_NE(
      MessageOf(Npy("{'fortran_order': False, 'shape': (2,), }", "12")).find("has no 'descr'"),
      std::string::npos);
  std::vector<std::byte> cut = FileBytes("examples/digits/heldout.npy");
  for (size_t length : {0u, 6u, 9u, 20u, 127u, 128u, 500u}) {
    EXPECT_NE(MessageOf({cut.begin(), cut.begin() + length}), "no error") << length;
  }
}

TEST(Npz, ReadsWhatNumpyWrote) {
  const TensorMap sample = ReadNpzFile("tests/parity/golden/samples/conv/000.npz");
  ASSERT_FALSE(sample.empty());
  for (const auto& [name, tensor] : sample) EXPECT_GT(tensor.count(), 0) << name;
}

TEST(Npz, OtherFilesAreRefused) {
  EXPECT_THROW(ReadNpzFile("examples/digits/heldout.npy"), Error);
  try {
    ReadNpzFile("no/such.npz");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kIo);
  }
}

}  // namespace
}  // namespace quantab
