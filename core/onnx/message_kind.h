// Where tensors are in a ModelProto: the messages that lead to one, by field number. Every message
// that is not named here is copied as bytes, whatever is in it.
#pragma once

#include <cstdint>

namespace quantab {

enum class MessageKind : uint8_t {
  kNone,
  kModel,
  kGraph,
  kNode,
  kAttribute,
  kTensor,
  kSparseTensor,
  kTrainingInfo,
  kFunction,
};

// The kind of the message in field `number` of a message of kind `parent`; kNone when it leads to
// no tensor.
constexpr MessageKind ChildKind(MessageKind parent, uint32_t number) {
  switch (parent) {
    case MessageKind::kModel:
      if (number == 7) return MessageKind::kGraph;
      if (number == 20) return MessageKind::kTrainingInfo;
      if (number == 25) return MessageKind::kFunction;
      break;
    case MessageKind::kGraph:
      if (number == 1) return MessageKind::kNode;
      if (number == 5) return MessageKind::kTensor;
      if (number == 15) return MessageKind::kSparseTensor;
      break;
    case MessageKind::kNode:
      if (number == 5) return MessageKind::kAttribute;
      break;
    case MessageKind::kAttribute:
      if (number == 5 || number == 10) return MessageKind::kTensor;
      if (number == 6 || number == 11) return MessageKind::kGraph;
      if (number == 22 || number == 23) return MessageKind::kSparseTensor;
      break;
    case MessageKind::kSparseTensor:
      if (number == 1 || number == 2) return MessageKind::kTensor;
      break;
    case MessageKind::kTrainingInfo:
      if (number == 1 || number == 2) return MessageKind::kGraph;
      break;
    case MessageKind::kFunction:
      if (number == 7) return MessageKind::kNode;
      if (number == 11) return MessageKind::kAttribute;
      break;
    case MessageKind::kTensor:
    case MessageKind::kNone:
      break;
  }
  return MessageKind::kNone;
}

// Subgraphs, and calls of local functions, may be nested this deeply together. All code that
// recurses over a model relies on it: 40 levels of the official library's shape inference fit the 1
// MB stack of a WebAssembly module.
inline constexpr int kMaxGraphDepth = 40;

// Messages inside messages: a subgraph is three (node, attribute, graph), and types nest in them.
inline constexpr int kMaxMessageDepth = 3 * kMaxGraphDepth + 40;

namespace tensor_field {
inline constexpr uint32_t kDims = 1;
inline constexpr uint32_t kDataType = 2;
inline constexpr uint32_t kFloatData = 4;
inline constexpr uint32_t kInt32Data = 5;
inline constexpr uint32_t kStringData = 6;
inline constexpr uint32_t kInt64Data = 7;
inline constexpr uint32_t kName = 8;
inline constexpr uint32_t kRawData = 9;
inline constexpr uint32_t kDoubleData = 10;
inline constexpr uint32_t kUint64Data = 11;
inline constexpr uint32_t kExternalData = 13;
inline constexpr uint32_t kDataLocation = 14;
}  // namespace tensor_field

}  // namespace quantab
