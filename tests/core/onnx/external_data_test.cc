// External data: reading it, refusing what leads outside, and writing it.
#include "core/onnx/external_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/base/posix_file.h"
#include "tests/core/onnx/model_testing.h"

namespace quantab {
namespace {

using onnx::ModelProto;
using onnx::TensorProto;

void SetEntry(TensorProto& tensor, const std::string& key, const std::string& value) {
  auto* entry = tensor.add_external_data();
  entry->set_key(key);
  entry->set_value(value);
}

// MatMulModel with `w` in "w.bin" at byte 100.
ModelProto ExternalModel(const std::string& location = "w.bin", const std::string& offset = "100",
                         const std::string& length = "2048") {
  ModelProto proto = MatMulModel();
  auto* tensor = proto.mutable_graph()->mutable_initializer(0);
  tensor->clear_raw_data();
  tensor->set_data_location(TensorProto::EXTERNAL);
  SetEntry(*tensor, "location", location);
  if (!offset.empty()) SetEntry(*tensor, "offset", offset);
  if (!length.empty()) SetEntry(*tensor, "length", length);
  return proto;
}

std::string ReadError(const ModelProto& proto, const FileSet* files) {
  return ErrorOf([&] { ReadModel(SourceOf(proto.SerializeAsString()), files); });
}

TEST(ExternalData, IsReadInPlace) {
  MemoryFiles files;
  files.files["w.bin"] = Pattern(100, 9) + Pattern(2048) + "more";
  const Model model = ReadModel(SourceOf(ExternalModel().SerializeAsString()), &files);
  ASSERT_EQ(model.weights.size(), 1u);
  EXPECT_TRUE(model.weights[0].was_external);
  EXPECT_EQ(TextOf(LoadBlob(*model.weights[0].bytes)), Pattern(2048));
  // Written inline, the model is the one with raw_data.
  ModelProto parsed;
  ASSERT_TRUE(parsed.ParseFromString(WriteToString(model)));
  EXPECT_TRUE(parsed.SerializeAsString() == MatMulModel().SerializeAsString());
}

TEST(ExternalData, OffsetAndLengthAreOptional) {
  MemoryFiles files;
  files.files["w.bin"] = Pattern(2048) + "more";
  const Model model =
      ReadModel(SourceOf(ExternalModel("./w.bin", "", "").SerializeAsString()), &files);
  EXPECT_EQ(TextOf(LoadBlob(*model.weights[0].bytes)), Pattern(2048));
}

TEST(ExternalData, SmallTensorsComeInside) {
  ModelProto proto = ExternalModel();
  auto* tensor = proto.mutable_graph()->add_initializer();
  tensor->set_name("shape");
  tensor->set_data_type(TensorProto::INT64);
  tensor->add_dims(2);
  tensor->set_data_location(TensorProto::EXTERNAL);
  SetEntry(*tensor, "location", "w.bin");
  MemoryFiles files;
  files.files["w.bin"] = Pattern(4000);
  const Model model = ReadModel(SourceOf(proto.SerializeAsString()), &files);
  EXPECT_EQ(model.proto.graph().initializer(1).raw_data(), Pattern(16));
  EXPECT_FALSE(model.proto.graph().initializer(1).has_data_location());
}

TEST(ExternalData, MissingFilesAreNamed) {
  const std::string expected =
      "InvalidModel: 'm.onnx': tensor 'w' keeps its data in the file 'w.bin', which was not found. "
      "Give 'w.bin' along with the model.";
  MemoryFiles none;
  EXPECT_EQ(ReadError(ExternalModel(), &none), expected);
  EXPECT_EQ(ReadError(ExternalModel(), nullptr), expected);
}

TEST(ExternalData, RangesAreChecked) {
  const std::string where = "InvalidModel: 'm.onnx': tensor 'w' ";
  MemoryFiles files;
  files.files["w.bin"] = Pattern(2100);
  EXPECT_EQ(
      ReadError(ExternalModel(), &files),
      where +
          "needs 2048 bytes from byte 100 of 'w.bin', which has only 2100. Give the file that "
          "belongs to this model, as a whole.");
  EXPECT_EQ(ReadError(ExternalModel("w.bin", "0", "2047"), &files),
            where +
                "of type float32 and shape [32,16] needs 2048 bytes, but its external data has "
                "length '2047'. Export the model again.");
  for (const char* bad : {"-1", "1e3", "0x10", " 1", "", "99999999999999999999"}) {
    ModelProto proto = ExternalModel("w.bin", "");
    SetEntry(*proto.mutable_graph()->mutable_initializer(0), "offset", bad);
    EXPECT_EQ(ReadError(proto, &files), where + "has the external data offset '" + bad +
                                            "', expected a number of bytes. Export the model "
                                            "again.");
  }
  EXPECT_THAT(ReadError(ExternalModel("w.bin", "18446744073709551615"), &files),
              testing::HasSubstr("needs 2048 bytes from byte 18446744073709551615 of 'w.bin'"));
}

TEST(ExternalData, LocationsStayBelowTheModel) {
  for (const char* safe : {"a", "a.b", "dir/a", "..a", "a..b", "./a", "a//b", "a/./b"}) {
    EXPECT_TRUE(SafeLocation(safe)) << safe;
  }
  EXPECT_EQ(SafeLocation("./a//b"), "a/b");
  for (const std::string& unsafe :
       {std::string(), std::string("/etc/passwd"), std::string("../a"), std::string("a/../../b"),
        std::string("a/.."), std::string(".."), std::string("a\\b"), std::string("\\\\host\\a"),
        std::string("C:\\a"), std::string("C:a"), std::string("file:a"), std::string("#0"),
        std::string("."), std::string("a/"), std::string("a\0b", 3), std::string("a\nb")}) {
    EXPECT_FALSE(SafeLocation(unsafe)) << unsafe;
    if (unsafe.starts_with('#')) continue;  // has a message of its own
    struct Forbidden : FileSet {
      std::shared_ptr<ByteSource> Open(const std::string& location) const override {
        ADD_FAILURE() << "opened '" << location << "'";
        return nullptr;
      }
    } files;
    EXPECT_EQ(ReadError(ExternalModel(unsafe), &files),
              "InvalidModel: 'm.onnx': tensor 'w' has the external data location '" + unsafe +
                  "', expected a relative path below the model's folder. Export the model again "
                  "with its data beside it.");
  }
}

TEST(ExternalData, IsWrittenConsecutively) {
  ModelProto proto = MatMulModel();
  auto* graph = proto.mutable_graph();
  *graph->add_initializer() = RawTensor("v", TensorProto::FLOAT, {400}, Pattern(1600, 2));
  *graph->add_initializer() = RawTensor("small", TensorProto::FLOAT, {2}, Pattern(8, 3));
  *graph->add_initializer() = RawTensor("shape", TensorProto::INT64, {200}, Pattern(1600, 4));
  TensorProto* typed = graph->add_initializer();
  typed->set_name("typed");
  typed->set_data_type(TensorProto::FLOAT);
  typed->add_dims(256);
  for (int i = 0; i < 256; ++i) typed->add_float_data(static_cast<float>(i));
  const Model model = ReadModel(SourceOf(proto.SerializeAsString()));

  const WriteOptions options{.use_external_data_format = true, .location = "m.onnx.data"};
  MemorySink out;
  MemorySink external;
  WriteModel(model, out, &external, options);
  EXPECT_TRUE(out.finished() && external.finished());
  const WrittenSizes sizes = SizesOf(model, options);
  EXPECT_EQ(sizes.model, out.bytes().size());
  EXPECT_EQ(sizes.external, external.bytes().size());
  EXPECT_EQ(sizes.external, 2048u + 1600 + 1600 + 1024);

  ModelProto parsed;
  ASSERT_TRUE(parsed.ParseFromString(TextOf(out.bytes())));
  const auto& v = parsed.graph().initializer(1);
  EXPECT_EQ(v.data_location(), TensorProto::EXTERNAL);
  ASSERT_EQ(v.external_data_size(), 3);
  EXPECT_EQ(v.external_data(0).key() + "=" + v.external_data(0).value(), "location=m.onnx.data");
  EXPECT_EQ(v.external_data(1).key() + "=" + v.external_data(1).value(), "offset=2048");
  EXPECT_EQ(v.external_data(2).key() + "=" + v.external_data(2).value(), "length=1600");
  EXPECT_FALSE(v.has_raw_data());
  EXPECT_EQ(parsed.graph().initializer(2).raw_data(), Pattern(8, 3));
  EXPECT_EQ(parsed.graph().initializer(3).data_location(), TensorProto::EXTERNAL);

  MemoryFiles files;
  files.files["m.onnx.data"] = TextOf(external.bytes());
  const Model again = ReadModel(SourceOf(TextOf(out.bytes())), &files);
  for (int i = 0; i < proto.graph().initializer_size(); ++i) {
    const auto& before = model.proto.graph().initializer(i);
    const auto& after = again.proto.graph().initializer(i);
    EXPECT_TRUE(LoadBlob(*BytesOf(model, before)) == LoadBlob(*BytesOf(again, after)))
        << before.name();
  }
  // External again gives the same two files.
  MemorySink out2;
  MemorySink external2;
  WriteModel(again, out2, &external2, options);
  EXPECT_TRUE(out2.bytes() == out.bytes());
  EXPECT_TRUE(external2.bytes() == external.bytes());
}

// Takes bytes and writes down what else it is asked to do.
class NotingSink final : public ByteSink {
 public:
  NotingSink(std::string name, std::string& notes, bool full = false)
      : name_(std::move(name)), notes_(notes), full_(full) {}
  void Write(std::span<const std::byte>) override {}
  void Settle() override {
    if (full_) ThrowIo("full");
    notes_ += "settle " + name_ + ", ";
  }
  void Finish() override { notes_ += "finish " + name_ + ", "; }

 private:
  std::string name_;
  std::string& notes_;
  bool full_;
};

// A model beside the data of another is worse than none.
TEST(ExternalData, ModelAndDataAppearTogether) {
  const Model model = ReadModel(SourceOf(MatMulModel().SerializeAsString()));
  const WriteOptions options{.use_external_data_format = true, .location = "d"};
  std::string notes;
  NotingSink out("model", notes);
  NotingSink external("data", notes);
  WriteModel(model, out, &external, options);
  EXPECT_EQ(notes, "settle data, settle model, finish data, finish model, ");

  notes.clear();
  NotingSink full("model", notes, true);
  EXPECT_EQ(ErrorOf([&] { WriteModel(model, full, &external, options); }), "Io: full");
  EXPECT_EQ(notes, "settle data, ");
}

TEST(ExternalData, FileBytesCountBothFiles) {
  MemoryFiles files;
  files.files["w.bin"] = Pattern(100, 9) + Pattern(2048) + "more";
  const std::string text = ExternalModel().SerializeAsString();
  const Model model = ReadModel(SourceOf(text), &files);
  EXPECT_NEAR(static_cast<double>(FileBytes(model)), static_cast<double>(text.size() + 2048), 50);
  const std::string inside = MatMulModel().SerializeAsString();
  EXPECT_EQ(FileBytes(ReadModel(SourceOf(inside))), inside.size());
}

TEST(ExternalData, SharedWeightsAreWrittenOnce) {
  Model model = ReadModel(SourceOf(MatMulModel().SerializeAsString()));
  auto* graph = model.proto.mutable_graph();
  *graph->add_initializer() = graph->initializer(0);
  graph->mutable_initializer(1)->set_name("w2");
  const WriteOptions options{.use_external_data_format = true, .location = "d"};
  EXPECT_EQ(SizesOf(model, options).external, 2048u);
  EXPECT_GT(SizesOf(model).model, 4096u);
}

TEST(ExternalData, WritingNeedsAPlace) {
  const Model model = ReadModel(SourceOf(MatMulModel().SerializeAsString()));
  MemorySink sink;
  EXPECT_EQ(
      ErrorOf([&] {
        WriteModel(model, sink, nullptr, {.use_external_data_format = true, .location = "d"});
      }),
      "InvalidArgument: External data needs a file name and a place to write to. Give both, or "
      "write the model as one file.");
}

TEST(ExternalData, WritingRefusesWhatReadingWould) {
  const Model model = ReadModel(SourceOf(MatMulModel().SerializeAsString()));
  MemorySink out;
  MemorySink external;
  EXPECT_EQ(
      ErrorOf([&] {
        WriteModel(model, out, &external, {.use_external_data_format = true, .location = "../d"});
      }),
      "InvalidArgument: External data cannot have the location '../d', expected a relative path "
      "below the model's folder.");
  EXPECT_TRUE(out.bytes().empty());
}

class ExternalFiles : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::temp_directory_path() / ("quantab_external_" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "model" / "sub");
    Put("model/m.onnx", ExternalModel().SerializeAsString());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Put(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }

  std::string Read() {
    const std::string path = Path("model/m.onnx");
    return ErrorOf([&] {
      const auto files = FilesBeside(path);
      const Model model = ReadModel(OpenFile(path), files.get());
      EXPECT_EQ(TextOf(LoadBlob(*model.weights.at(0).bytes)), Pattern(2148).substr(100));
    });
  }

  std::filesystem::path folder_;
};

TEST_F(ExternalFiles, AreFoundBesideTheModel) {
  Put("model/w.bin", Pattern(2148));
  EXPECT_EQ(Read(), "no error");
}

TEST_F(ExternalFiles, BelowTheModelToo) {
  Put("model/m.onnx", ExternalModel("sub/w.bin").SerializeAsString());
  Put("model/sub/w.bin", Pattern(2148));
  EXPECT_EQ(Read(), "no error");
}

// More files than a process may have open.
TEST_F(ExternalFiles, EveryWeightMayHaveItsOwn) {
  ModelProto proto = MatMulModel();
  constexpr int kFiles = 1500;
  for (int i = 0; i < kFiles; ++i) {
    const std::string name = "w" + std::to_string(i);
    TensorProto* tensor = proto.mutable_graph()->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(TensorProto::FLOAT);
    tensor->add_dims(256);
    tensor->set_data_location(TensorProto::EXTERNAL);
    SetEntry(*tensor, "location", name);
    Put("model/" + name, Pattern(1024, static_cast<unsigned>(i)));
  }
  Put("model/m.onnx", proto.SerializeAsString());
  const std::string path = Path("model/m.onnx");
  const auto files = FilesBeside(path);
  const Model model = ReadModel(OpenFile(path), files.get());
  for (int i = 0; i < kFiles; ++i) {
    EXPECT_EQ(TextOf(LoadBlob(*BytesOf(model, model.proto.graph().initializer(i + 1)))),
              Pattern(1024, static_cast<unsigned>(i)));
  }
}

TEST_F(ExternalFiles, MissingIsTold) {
  EXPECT_EQ(Read(), "InvalidModel: '" + Path("model/m.onnx") +
                        "': tensor 'w' keeps its data in the file 'w.bin', which was not found. "
                        "Give 'w.bin' along with the model.");
}

TEST_F(ExternalFiles, LinksInsideAreFollowed) {
  Put("model/sub/real.bin", Pattern(2148));
  std::filesystem::create_symlink("sub/real.bin", folder_ / "model/w.bin");
  EXPECT_EQ(Read(), "no error");
}

TEST_F(ExternalFiles, LinksOutAreRefused) {
  Put("secret.bin", Pattern(2148));
  std::filesystem::create_symlink("../secret.bin", folder_ / "model/w.bin");
  EXPECT_EQ(Read(), "Io: '" + Path("model/w.bin") +
                        "' lies outside the model's folder. Put the file itself, rather than a "
                        "link to it, beside the model.");
}

TEST_F(ExternalFiles, LinkedFoldersOutAreRefused) {
  Put("model/m.onnx", ExternalModel("out/w.bin").SerializeAsString());
  std::filesystem::create_directories(folder_ / "model2");
  Put("model2/w.bin", Pattern(2148));
  std::filesystem::create_directory_symlink("../model2", folder_ / "model/out");
  EXPECT_THAT(Read(), testing::HasSubstr("lies outside the model's folder"));
}

TEST_F(ExternalFiles, FoldersAreNoFiles) {
  std::filesystem::create_directories(folder_ / "model/w.bin");
  EXPECT_EQ(Read(), "Io: '" + Path("model/w.bin") + "' is a folder. Give a file.");
}

}  // namespace
}  // namespace quantab
