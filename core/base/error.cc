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
