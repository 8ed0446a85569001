#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <utility>

#include "core/base/error.h"
#include "core/onnx/detach.h"
#include "core/onnx/external_data.h"
#include "core/onnx/function_calls.h"
#include "core/onnx/message_kind.h"
#include "core/onnx/model.h"
#include "core/onnx/node_check.h"
#include "core/onnx/order.h"
#include "core/onnx/sniff.h"
#include "core/onnx/tensor_check.h"

namespace quantab {
namespace {

[[noreturn]] void FailFile(const ByteSource& source, const std::string& what) {
  Place place;
  place.file = source.name();
  ThrowInvalidModel("'" + source.name() + "' " + what, place);
}

void FailForeign(const ByteSource& source) {
  if (const auto foreign = SniffForeignProtobuf(source)) {
    FailFile(source, "is " + foreign->what + ". " + foreign->advice);
  }
}

onnx::ModelProto Parse(const ByteSource& source, const std::string& skeleton) {
  onnx::ModelProto proto;
  google::protobuf::io::ArrayInputStream bytes(skeleton.data(), static_cast<int>(skeleton.size()));
  google::protobuf::io::CodedInputStream input(&bytes);
  input.SetRecursionLimit(kMaxMessageDepth);
  input.SetTotalBytesLimit(static_cast<int>(skeleton.size()));
  if (!proto.ParseFromCodedStream(&input) || !input.ConsumedEntireMessage()) {
    FailForeign(source);
    FailFile(source, "is no ONNX model, or is damaged. Get the file again.");
  }
  return proto;
}

void CheckHeader(const ByteSource& source, const onnx::ModelProto& proto) {
  if (!proto.has_graph()) {
    FailForeign(source);
    FailFile(source, "is no ONNX model: it has no graph. Give a file exported as ONNX.");
  }
  if (proto.opset_import().empty()) {
    Place place;
    place.file = source.name();
    ThrowUnsupported("'" + source.name() +
                         "' does not say which operator set it uses. Export it with a newer "
                         "version of its tool.",
                     place);
  }
  // The official library copies the list for every graph.
  constexpr int kMaxImports = 100;
  const auto check_count = [&](int count) {
    if (count <= kMaxImports) return;
    FailFile(source, "imports " + std::to_string(count) + " operator sets, expected " +
                         std::to_string(kMaxImports) + " at most. Export the model again.");
  };
  check_count(proto.opset_import_size());
  for (const auto& function : proto.functions()) check_count(function.opset_import_size());
  for (const auto& opset : proto.opset_import()) {
    if (opset.version() < 1) {
      FailFile(source, "imports version " + std::to_string(opset.version()) + " of operator set '" +
                           Shorten(opset.domain()) +
                           "', expected 1 or more. Export the model again.");
    }
  }
}

}  // namespace

Model ReadModel(std::shared_ptr<const ByteSource> source, const FileSet* files, Monitor* monitor) {
  return Guard([&] {
    Report(monitor, "read", 0, source->size());
    DetachedModel detached = Detach(source, monitor);
    Model model;
    model.name = source->name();
    model.proto = Parse(*source, detached.skeleton);
    model.weights = std::move(detached.weights);
    CheckHeader(*source, model.proto);
    AttachExternalData(model, files);
    ForEachTensor(std::as_const(model.proto),
                  [&](const onnx::TensorProto& tensor) { CheckTensor(model, tensor); });
    CheckFunctionCalls(model.proto, model.name);
    CheckOrder(model.proto, model.name, monitor);
    CheckNodeAttributes(model.proto, model.name);
    Report(monitor, "read", source->size(), source->size());
    return model;
  });
}

}  // namespace quantab
