#include "core/cli/pb.h"

#include <climits>

namespace quantab {
namespace {

[[noreturn]] void Bad(const std::string& what) {
  ThrowInvalidArgument(what + " Save it again with onnx.save_tensor.");
}

}  // namespace

std::pair<std::string, Tensor> ReadTensorProto(std::span<const std::byte> bytes) {
  onnx::TensorProto tensor;
  const bool parsed = bytes.size() <= INT_MAX &&
                      tensor.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  const DType dtype = TypeOf(tensor);
  if (!parsed || (BitsOf(dtype) == 0 && dtype != DType::kString) ||
      !CheckedElementCount(ShapeOf(tensor))) {
    Bad("The .pb file is damaged, truncated or no ONNX tensor.");
  }
  const std::string which = "Tensor '" + tensor.name() + "' of the .pb file ";
  if (tensor.data_location() == onnx::TensorProto::EXTERNAL) {
    ThrowInvalidArgument(which + "keeps its data in another file. Save it with its data.");
  }
  try {
    return {tensor.name(), LoadTensor(Model{}, tensor)};
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kInvalidModel) throw;
    Bad(which + "has data that does not fit " + std::string(NameOf(dtype)) + " " +
        ToString(ShapeOf(tensor)) + ".");
  }
}

}  // namespace quantab
