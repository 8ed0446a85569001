// The names of a model and its parts, for headers that only refer to them: protobuf's own header
// takes a compiler longer than most files here.
#pragma once

namespace onnx {

class AttributeProto;
class GraphProto;
class ModelProto;
class NodeProto;
class TensorProto;

}  // namespace onnx

namespace quantab {

struct Model;

}  // namespace quantab
