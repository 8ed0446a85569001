// A model: the official onnx::ModelProto as a skeleton of a few tens of kilobytes, and the weights
// beside it as Blobs.
//
// Reading detaches every large payload: its TensorProto keeps name, type and dims, and carries
// data_location = EXTERNAL with a single external_data entry {location: "#<index>"} that points
// into `weights`. The official checker and shape inference accept such a skeleton as it is. Small
// tensors and integer constants stay inline, because shape inference looks at their values.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/byte_io.h"
#include "core/base/monitor.h"
#include "core/tensor/blob.h"
#include "core/tensor/tensor.h"
#include "onnx/onnx_pb.h"

namespace quantab {

// The TensorProto field a detached payload belongs to when it is written inline.
enum class PayloadField { kRawData, kFloatData, kDoubleData };

struct Weight {
  BlobPtr bytes;  // little-endian elements
  PayloadField field = PayloadField::kRawData;
  bool was_external = false;  // came from an external file, rather than the model file itself
  // A data_location or external_data that the file spelled out although the payload is inline, in
  // protobuf's wire format; an inline write puts it back.
  std::string kept_fields = {};
};

// Copying a Model copies the skeleton and shares the weights.
struct Model {
  onnx::ModelProto proto;
  std::vector<Weight> weights;

  // Name of the file it was read from, for messages; may be empty.
  std::string name;
};

// Payloads of at least this many bytes are detached when a model is read.
inline constexpr uint64_t kDetachThreshold = 1024;

// Reads a model of any IR version and opset >= 1. `files` (may be nullptr) gives the external data.
// The read keeps `source` alive; weights are ranges of it. Errors: kInvalidModel for bytes that are
// no ONNX model (a foreign format is named), truncation, dims that overflow or disagree with their
// payload, unsafe or missing external data (the file is named), cyclic graphs, values that are
// defined twice; kUnsupported for a model without any operator set import, or with functions that
// call each other too deeply or too often.
Model ReadModel(std::shared_ptr<const ByteSource> source, const FileSet* files = nullptr,
                Monitor* monitor = nullptr);

struct WriteOptions {
  // Put weights of at least `size_threshold` bytes into one external file beside the model.
  // Names are ONNX Runtime's (`use_external_data_format`).
  bool use_external_data_format = false;
  uint64_t size_threshold = 1024;
  // The location recorded in the model, relative to it: "<model's basename>.data".
  std::string location;
};

struct WrittenSizes {
  uint64_t model = 0;
  uint64_t external = 0;
};

// The exact sizes that WriteModel will produce. Throws Error(kUnsupported) when the model file
// would exceed protobuf's 2 GiB and says to use external data.
WrittenSizes SizesOf(const Model& model, const WriteOptions& options = {});

// The bytes that the model takes in files, external data included, when it keeps its weights where
// they came from. Cheap, and without SizesOf's limit: files of any size can be read.
uint64_t FileBytes(const Model& model);

// Streams the model to `out`, and external weights to `external` (needed only with
// use_external_data_format). Settles both sinks, then finishes them. Reading the result gives an
// equal model; the weights' bytes are identical and stay in the field (raw_data, float_data,
// double_data) they had.
void WriteModel(const Model& model, ByteSink& out, ByteSink* external = nullptr,
                const WriteOptions& options = {}, Monitor* monitor = nullptr);

// Whether `tensor`'s payload is detached, and the index into Model::weights if so.
bool IsDetached(const onnx::TensorProto& tensor);
size_t WeightIndex(const onnx::TensorProto& tensor);

// Bytes and shape of a tensor, wherever they are.
DType TypeOf(const onnx::TensorProto& tensor);
Shape ShapeOf(const onnx::TensorProto& tensor);

// The little-endian elements of a numeric tensor, detached or inline in any typed field.
// Throws Error(kInvalidModel) when the number of bytes disagrees with dims and type.
BlobPtr BytesOf(const Model& model, const onnx::TensorProto& tensor);

// The tensor in memory (strings too).
Tensor LoadTensor(const Model& model, const onnx::TensorProto& tensor);

// Makes `tensor` (name, type and dims already set) carry `bytes` as raw_data: detached when large.
void SetBytes(Model& model, onnx::TensorProto& tensor, BlobPtr bytes);

// Drops weights that no TensorProto refers to any more, renumbering the others.
void CollectWeights(Model& model);

// Calls `visit` for every TensorProto of the model: initializers, sparse initializers' parts,
// attributes' tensors, in the main graph, all subgraphs, functions and training info.
void ForEachTensor(onnx::ModelProto& model, const std::function<void(onnx::TensorProto&)>& visit);
void ForEachTensor(const onnx::ModelProto& model,
                   const std::function<void(const onnx::TensorProto&)>& visit);

// `domain` as operators are looked up by it: "" for "ai.onnx", which is another spelling of it.
std::string CanonicalDomain(const std::string& domain);

// The version of `domain` the model imports, or 0.
int64_t OpsetVersion(const onnx::ModelProto& model, const std::string& domain = "");

// Names a graph node for messages: its name (shortened), or "#<index> (<OpType>)".
std::string NodeLabel(const onnx::NodeProto& node, int index);

}  // namespace quantab
