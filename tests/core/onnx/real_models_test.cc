// Every model under ../shared/data, read, written and read again. Needs that folder, so it is
// part of the extended suite only (test names beginning with "Extended").
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/base/error.h"
#include "core/base/posix_file.h"
#include "core/onnx/guarded_schemas.h"
#include "core/onnx/model.h"
#include "core/onnx/official.h"
#include "onnx/shape_inference/implementation.h"
#include "tests/core/onnx/model_testing.h"

namespace quantab {
namespace {

constexpr char kFolder[] = "../shared/data";

// Says so when there is nothing to read: a brief report of GoogleTest leaves skipped tests out.
bool HaveFolder() {
  const bool have = std::filesystem::is_directory(kFolder);
  if (!have) std::printf("The folder '%s' is absent: no real model is read here.\n", kFolder);
  return have;
}

std::string FileText(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ExtendedRealModels, RoundTrip) {
  if (!HaveFolder()) GTEST_SKIP();
  int models = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kFolder)) {
    if (entry.path().extension() != ".onnx") continue;
    SCOPED_TRACE(entry.path().string());
    const std::string path = entry.path().string();
    try {
      const auto files = FilesBeside(path);
      const Model model = ReadModel(OpenFile(path), files.get());
      // The official parser reads the original file by itself; weights from other files are moved
      // in by our own reader, so those models are compared after a second reading only.
      onnx::ModelProto original;
      ASSERT_TRUE(original.ParseFromString(FileText(path)));
      bool external = false;
      ForEachTensor(std::as_const(original), [&](const onnx::TensorProto& tensor) {
        external |= tensor.data_location() == onnx::TensorProto::EXTERNAL;
      });
      const std::string written = WriteToString(model);
      EXPECT_EQ(written.size(), SizesOf(model).model);
      onnx::ModelProto reread;
      ASSERT_TRUE(reread.ParseFromString(written));
      if (!external) {
        EXPECT_TRUE(original.SerializeAsString() == reread.SerializeAsString());
      }
      const Model again = ReadModel(SourceOf(written));
      EXPECT_TRUE(WriteToString(again) == written);
      ++models;
    } catch (const Error& error) {
      ADD_FAILURE() << error.message();
    }
  }
  std::printf("%d real models were read, written and read again.\n", models);
  EXPECT_GT(models, 0);
}

// What bounds the library's inference takes nothing away from models that people use.
TEST(ExtendedRealModels, GuardedInferenceIsTheLibrarysOwn) {
  if (!HaveFolder()) GTEST_SKIP();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kFolder)) {
    if (entry.path().extension() != ".onnx") continue;
    const std::string path = entry.path().string();
    SCOPED_TRACE(path);
    const auto files = FilesBeside(path);
    const Model model = ReadModel(OpenFile(path), files.get());
    for (const bool propagate_data : {true, false}) {
      const onnx::ShapeInferenceOptions options(false, 0, propagate_data);
      const GuardedSchemas guarded(nullptr);
      const auto infer = [&](const onnx::ISchemaRegistry* schemas) {
        onnx::ModelProto proto = model.proto;
        try {
          onnx::shape_inference::InferShapes(proto, schemas, options);
        } catch (const std::exception& error) {
          return std::string(error.what());
        }
        return proto.SerializeAsString();
      };
      EXPECT_TRUE(infer(&guarded) == infer(onnx::OpSchemaRegistry::Instance()));
      EXPECT_FALSE(guarded.tripped());
    }
  }
}

TEST(ExtendedRealModels, OfficialServices) {
  if (!HaveFolder()) GTEST_SKIP();
  int models = 0;
  int checked = 0;
  int inferred = 0;
  int converted = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kFolder)) {
    if (entry.path().extension() != ".onnx") continue;
    const std::string path = entry.path().string();
    SCOPED_TRACE(path);
    const auto files = FilesBeside(path);
    Model model = ReadModel(OpenFile(path), files.get());
    ++models;
    const auto note = [&](const char* what, const std::string& reason) {
      std::printf("%s: %s: %s\n", path.c_str(), what, reason.substr(0, 200).c_str());
    };
    std::string warning;
    const auto complaint = CheckModel(model, &warning);
    checked += !complaint && warning.empty();
    if (complaint || !warning.empty()) note("not checked", complaint.value_or(warning));
    const auto uninferred = InferShapes(model);
    inferred += !uninferred;
    if (uninferred) note("not inferred", *uninferred);
    InlineFunctions(model);
    EXPECT_EQ(model.proto.functions_size(), 0);
    try {
      ConvertVersion(model, NewestOpset());
      ++converted;
      const auto after = CheckModel(model);
      EXPECT_TRUE(complaint || !after) << after.value_or("");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
      note("not converted", error.message());
    }
  }
  std::printf("Of %d real models: %d pass the checker, %d are inferred, %d are converted to %d.\n",
              models, checked, inferred, converted, static_cast<int>(NewestOpset()));
  EXPECT_GT(models, 0);
}

}  // namespace
}  // namespace quantab
