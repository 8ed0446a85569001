// What the reader is asked to survive, whatever the bytes: shared by the libFuzzer program and by
// the test that mutates models in the normal suite.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/byte_io.h"
#include "core/base/error.h"
#include "core/onnx/model.h"

namespace quantab {

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
    MemorySink first;
    WriteModel(model, first);
    if (first.bytes().size() != SizesOf(model).model) return false;
    const Model again = ReadModel(
        std::make_shared<MemorySource>(std::span<const std::byte>(first.bytes()), "again.onnx"));
    MemorySink second;
    WriteModel(again, second);
    return first.bytes() == second.bytes();
  } catch (const Error&) {
    return false;
  }
}

}  // namespace quantab
