// The one exception type of the core.
//
// Every failure the library reports is an `Error`: a code, a message of the form "where, what, what
// next" in plain sentences, and the place it is about. No exception of a dependency (protobuf,
// onnx, the standard library) leaves the public API.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

namespace quantab {

enum class ErrorCode {
  kInvalidModel,     // the model file is wrong: truncated, inconsistent, cyclic, another format
  kUnsupported,      // the file is right but we cannot do this with it
  kInvalidArgument,  // an option, a sample or a name given by the caller is wrong
  kIo,               // reading or writing bytes failed: missing file, disk full
  kCancelled,        // the caller asked to stop
  kOutOfMemory,      // an allocation failed or would exceed the address space
  kInternal,         // a defect of this library
};

// The code as callers see it: "InvalidModel", "Unsupported", ...
std::string_view ErrorCodeName(ErrorCode code);

// `text` for a message: a name or a list that the file chose. Of more than 120 bytes the middle is
// left out.
std::string Shorten(std::string_view text);

// What an error is about. Empty members are unknown or do not apply.
struct Place {
  std::string file = {};
  std::string node = {};  // a node's name, or "#index (OpType)" when it has none
  std::string tensor = {};
  std::optional<uint64_t> byte = {};  // offset in `file`
};

class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string message, Place place = {})
      : code_(code), message_(std::move(message)), place_(std::move(place)) {}

  const char* what() const noexcept override { return message_.c_str(); }
  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const Place& place() const { return place_; }

 private:
  ErrorCode code_;
  std::string message_;
  Place place_;
};

// Shorthands that throw.
[[noreturn]] void ThrowInvalidModel(std::string message, Place place = {});
[[noreturn]] void ThrowUnsupported(std::string message, Place place = {});
[[noreturn]] void ThrowInvalidArgument(std::string message, Place place = {});
[[noreturn]] void ThrowIo(std::string message, Place place = {});
[[noreturn]] void ThrowInternal(std::string message, Place place = {});

// Runs `body`; an exception that is no `Error` (std::bad_alloc, a dependency's) becomes one.
// Every public entry point passes through here.
template <class Body>
auto Guard(Body&& body) -> decltype(body());

// Turns the exception in flight into an `Error` and throws it. Only inside a catch block.
[[noreturn]] void RethrowAsError();

template <class Body>
auto Guard(Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (...) {
    RethrowAsError();
  }
}

}  // namespace quantab
