#include "core/base/error.h"

#include <new>

namespace quantab {

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidModel:
      return "InvalidModel";
    case ErrorCode::kUnsupported:
      return "Unsupported";
    case ErrorCode::kInvalidArgument:
      return "InvalidArgument";
    case ErrorCode::kIo:
      return "Io";
    case ErrorCode::kCancelled:
      return "Cancelled";
    case ErrorCode::kOutOfMemory:
      return "OutOfMemory";
    case ErrorCode::kInternal:
      return "Internal";
  }
  return "Internal";
}

std::string Shorten(std::string_view text) {
  constexpr size_t kLongest = 120;
  constexpr std::string_view kGap = "...";
  constexpr size_t kEnd = 40;
  if (text.size() <= kLongest) return std::string(text);
  // UTF-8 is cut between characters, whose later bytes are 10xxxxxx.
  const auto inside = [&](size_t at) { return (static_cast<uint8_t>(text[at]) & 0xc0) == 0x80; };
  size_t head = kLongest - kGap.size() - kEnd;
  while (head > 0 && inside(head)) --head;
  size_t tail = text.size() - kEnd;
  while (tail < text.size() && inside(tail)) ++tail;
  return std::string(text.substr(0, head)) + std::string(kGap) + std::string(text.substr(tail));
}

void ThrowInvalidModel(std::string message, Place place) {
  throw Error(ErrorCode::kInvalidModel, std::move(message), std::move(place));
}

void ThrowUnsupported(std::string message, Place place) {
  throw Error(ErrorCode::kUnsupported, std::move(message), std::move(place));
}

void ThrowInvalidArgument(std::string message, Place place) {
  throw Error(ErrorCode::kInvalidArgument, std::move(message), std::move(place));
}

void ThrowIo(std::string message, Place place) {
  throw Error(ErrorCode::kIo, std::move(message), std::move(place));
}

void ThrowInternal(std::string message, Place place) {
  throw Error(ErrorCode::kInternal, std::move(message), std::move(place));
}

void RethrowAsError() {
  try {
    throw;
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::kOutOfMemory,
                "Not enough memory for this step. Close other programs, or use a smaller model, "
                "batch or sample.");
  } catch (const std::exception& e) {
    throw Error(ErrorCode::kInternal, std::string("Unexpected failure: ") + e.what() + ".");
  } catch (...) {
    throw Error(ErrorCode::kInternal, "Unexpected failure of unknown type.");
  }
}

}  // namespace quantab
