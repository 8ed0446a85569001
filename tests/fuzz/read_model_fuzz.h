// What the reader is asked to survive, whatever the bytes: shared by the libFuzzer program and by
// the test that mutates models in the normal suite.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/base/byte_io.h"
#include "core/base/error.h"
#include "core/onnx/model.h"
#include "core/onnx/official.h"

namespace quantab {

// The files of a model that was written with external data.
class FuzzFiles final : public FileSet {
 public:
  explicit FuzzFiles(const std::vector<std::byte>& data) : data_(data) {}
  std::shared_ptr<ByteSource> Open(const std::string&) const override {
    return std::make_shared<MemorySource>(std::span<const std::byte>(data_), "data");
  }

 private:
  const std::vector<std::byte>& data_;
};

// Writes `model`, reads what was written and writes it again. Throws Error.
inline bool SurvivesWriting(const Model& model, bool external) {
  const WriteOptions options{
      .use_external_data_format = external, .size_threshold = 1, .location = "data"};
  MemorySink first[2];
  WriteModel(model, first[0], external ? &first[1] : nullptr, options);
  const WrittenSizes sizes = SizesOf(model, options);
  if (first[0].bytes().size() != sizes.model || first[1].bytes().size() != sizes.external) {
    return false;
  }
  const FuzzFiles files(first[1].bytes());
  const Model again = ReadModel(
      std::make_shared<MemorySource>(std::span<const std::byte>(first[0].bytes()), "again.onnx"),
      &files);
  MemorySink second[2];
  WriteModel(again, second[0], external ? &second[1] : nullptr, options);
  // Small external tensors come inside when they are read, which changes their order.
  return external || first[0].bytes() == second[0].bytes();
}

// The official library's services may refuse a model, but have to return.
inline void AskTheLibrary(const Model& model) {
  const auto try_on_copy = [&](const std::function<void(Model&)>& service) {
    Model copy = model;
    try {
      service(copy);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kInternal) throw;
    }
  };
  try_on_copy([](Model& copy) { CheckModel(copy); });
  try_on_copy([](Model& copy) { InferShapes(copy); });
  try_on_copy([](Model& copy) { InlineFunctions(copy); });
  try_on_copy([](Model& copy) { ConvertVersion(copy, NewestOpset()); });
}

// Reads `data` as a model. Bytes that are none must give an Error and nothing else. What is read
// must be writable, and reading what was written must give the same bytes again; otherwise this
// returns false. `accepted` tells whether it was a model.
inline bool FuzzReadModel(std::span<const std::byte> data, bool& accepted) {
  accepted = false;
  Model model;
  try {
    model = ReadModel(std::make_shared<MemorySource>(data, "fuzz.onnx"));
  } catch (const Error& error) {
    return error.code() != ErrorCode::kInternal && !error.message().empty();
  }
  accepted = true;
  try {
    ForEachTensor(std::as_const(model.proto), [&](const onnx::TensorProto& tensor) {
      const DType dtype = TypeOf(tensor);
      if (dtype == DType::kString || BitsOf(dtype) > 0) LoadTensor(model, tensor);
    });
    AskTheLibrary(model);
    return SurvivesWriting(model, false) && SurvivesWriting(model, true);
  } catch (const Error&) {
    return false;
  }
}

}  // namespace quantab
