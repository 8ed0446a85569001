#include "core/base/byte_io.h"

#include <gtest/gtest.h>

#include <functional>
#include <new>
#include <stdexcept>

#include "core/base/error.h"
#include "core/base/monitor.h"

namespace quantab {
namespace {

class FixedSize final : public ByteSource {
 public:
  explicit FixedSize(uint64_t size) : size_(size) {}
  const std::string& name() const override { return name_; }
  uint64_t size() const override { return size_; }
  void Read(uint64_t, std::span<std::byte>) const override {}

 private:
  uint64_t size_;
  std::string name_ = "f";
};

TEST(ByteIo, RangesAreCheckedWithoutOverflow) {
  const FixedSize source(10);
  EXPECT_NO_THROW(CheckRange(source, 0, 10));
  EXPECT_NO_THROW(CheckRange(source, 10, 0));
  EXPECT_THROW(CheckRange(source, 10, 1), Error);
  EXPECT_THROW(CheckRange(source, 11, 0), Error);
  EXPECT_THROW(CheckRange(source, 5, UINT64_MAX), Error);
  EXPECT_THROW(CheckRange(source, UINT64_MAX, 5), Error);
}

TEST(ByteIo, MemorySourceReadsOwnedAndBorrowed) {
  const std::vector<std::byte> bytes = {std::byte{1}, std::byte{2}, std::byte{3}};
  const MemorySource owned(bytes, "owned");
  const MemorySource borrowed{std::span<const std::byte>(bytes), "borrowed"};
  for (const MemorySource* source : {&owned, &borrowed}) {
    std::byte out[2];
    source->Read(1, out);
    EXPECT_EQ(out[0], std::byte{2});
    EXPECT_EQ(out[1], std::byte{3});
    EXPECT_EQ(source->Contiguous()[0], std::byte{1});
    EXPECT_THROW(source->Read(2, out), Error);
  }
  EXPECT_EQ(borrowed.Contiguous(), bytes.data());
}

TEST(ByteIo, MemorySinkCollects) {
  MemorySink sink;
  const std::byte part[] = {std::byte{7}, std::byte{8}};
  sink.Write(part);
  sink.Write(part);
  EXPECT_FALSE(sink.finished());
  sink.Finish();
  EXPECT_TRUE(sink.finished());
  EXPECT_EQ(sink.Take().size(), 4u);
}

ErrorCode CodeOf(const std::function<void()>& body) {
  try {
    Guard(body);
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "expected an error";
  return ErrorCode::kInternal;
}

TEST(Errors, GuardTurnsEveryExceptionIntoOne) {
  EXPECT_EQ(CodeOf([] { throw std::bad_alloc(); }), ErrorCode::kOutOfMemory);
  EXPECT_EQ(CodeOf([] { throw std::runtime_error("x"); }), ErrorCode::kInternal);
  EXPECT_EQ(CodeOf([] { throw 1; }), ErrorCode::kInternal);
  EXPECT_EQ(CodeOf([] { ThrowIo("x"); }), ErrorCode::kIo);
  EXPECT_EQ(Guard([] { return 5; }), 5);
}

TEST(Errors, NamesAreShortenedBetweenCharacters) {
  EXPECT_EQ(Shorten(std::string(120, 'a')), std::string(120, 'a'));
  EXPECT_EQ(Shorten(std::string(80, 'a') + std::string(80, 'b')),
            std::string(77, 'a') + "..." + std::string(40, 'b'));
  std::string text;
  for (int i = 0; i < 100; ++i) text += "\u00e4";
  EXPECT_EQ(Shorten("x" + text), "x" + text.substr(0, 76) + "..." + text.substr(0, 40));
  EXPECT_EQ(Shorten(text), text.substr(0, 76) + "..." + text.substr(0, 40));
  EXPECT_EQ(Shorten(text + "x"), text.substr(0, 76) + "..." + text.substr(0, 38) + "x");
  // Bytes that are no text at all.
  EXPECT_LE(Shorten(std::string(500, '\x80')).size(), 120u);
}

TEST(Monitors, ReportStopsWhenAsked) {
  struct Stopper : Monitor {
    int reports = 0;
    bool stop = false;
    void OnProgress(std::string_view, uint64_t, uint64_t) override { ++reports; }
    bool Cancelled() override { return stop; }
  } monitor;
  Report(nullptr, "read", 1, 2);
  CheckCancelled(nullptr);
  Warn(nullptr, "nobody listens");
  Report(&monitor, "read", 1, 2);
  EXPECT_EQ(monitor.reports, 1);
  monitor.stop = true;
  EXPECT_EQ(CodeOf([&] { Report(&monitor, "read", 2, 2); }), ErrorCode::kCancelled);
  EXPECT_EQ(monitor.reports, 1);
}

}  // namespace
}  // namespace quantab
