#include "core/onnx/detach.h"

#include <limits>
#include <utility>

#include "core/base/error.h"
#include "core/onnx/message_kind.h"
#include "core/onnx/sniff.h"
#include "core/onnx/wire.h"

namespace quantab {
namespace {

constexpr uint64_t kIntegerThreshold = 64 * 1024;
constexpr size_t kMaxSkeleton = std::numeric_limits<int32_t>::max();

// A nested length is known only after the message is rewritten; five bytes, which protobuf accepts
// for any length, are kept for it.
constexpr size_t kPaddedLength = 5;

void PatchLength(std::string& out, size_t at, size_t length) {
  for (size_t i = 0; i < kPaddedLength; ++i) {
    const char more = i + 1 < kPaddedLength ? static_cast<char>(0x80) : 0;
    out[at + i] = static_cast<char>(((length >> (7 * i)) & 0x7f) | static_cast<uint8_t>(more));
  }
}

// One of the fields that can hold a detached payload, over all its occurrences in a tensor.
struct PayloadSeen {
  int occurrences = 0;
  bool unpacked = false;
  WireField last;
};

// What has to be known about a tensor before it is rewritten.
struct TensorSeen {
  int64_t dtype = 0;
  std::string name;
  PayloadSeen raw, floats, doubles;
  bool other_payload = false;
  bool external = false;
};

class Detacher {
 public:
  Detacher(const std::shared_ptr<const ByteSource>& source, Monitor* monitor)
      : source_(source), monitor_(monitor), reader_(*source) {}

  DetachedModel Run() {
    Message(MessageKind::kModel, 0, reader_.size(), 0, 0);
    return std::move(result_);
  }

 private:
  void Message(MessageKind kind, uint64_t begin, uint64_t end, int depth, int graphs);
  void Child(MessageKind kind, const WireField& field, int depth, int graphs);
  void Tensor(const WireField& message);
  TensorSeen Scan(const WireField& message);
  void RejectReservedLocation(const TensorSeen& seen, const WireField& entry);
  const WireField* Payload(const TensorSeen& seen, PayloadField& kind);
  void CopyToSkeleton(uint64_t begin, uint64_t end);
  void Progress(uint64_t position);

  const std::shared_ptr<const ByteSource>& source_;
  Monitor* monitor_;
  WireReader reader_;
  DetachedModel result_;
  uint64_t reported_ = 0;
};

void Detacher::Progress(uint64_t position) {
  constexpr uint64_t kStep = 1 << 20;
  if (position - reported_ < kStep && position != reader_.size()) return;
  reported_ = position;
  Report(monitor_, "read", position, reader_.size());
}

void Detacher::CopyToSkeleton(uint64_t begin, uint64_t end) {
  if (end - begin > kMaxSkeleton - result_.skeleton.size()) {
    ThrowUnsupported("'" + source_->name() +
                     "' has more than 2 GiB of data outside of tensors that can be streamed. Store "
                     "large tensors as raw_data.");
  }
  reader_.Copy(begin, end, result_.skeleton);
}

void Detacher::Message(MessageKind kind, uint64_t begin, uint64_t end, int depth, int graphs) {
  if (kind == MessageKind::kGraph) ++graphs;
  if (graphs > kMaxGraphDepth || depth > kMaxMessageDepth) {
    reader_.Fail("nests graphs more than " + std::to_string(kMaxGraphDepth) + " deep at byte " +
                     std::to_string(begin) + ". Export the model again.",
                 begin);
  }
  uint64_t position = begin;
  uint64_t uncopied = begin;
  WireField field;
  while (reader_.Next(position, end, field)) {
    const MessageKind child =
        field.type == WireType::kLength ? ChildKind(kind, field.number) : MessageKind::kNone;
    if (child == MessageKind::kNone) continue;
    CopyToSkeleton(uncopied, field.begin);
    uncopied = field.end;
    Child(child, field, depth, graphs);
    Progress(position);
  }
  CopyToSkeleton(uncopied, end);
}

void Detacher::Child(MessageKind kind, const WireField& field, int depth, int graphs) {
  AppendTag(field.number, WireType::kLength, result_.skeleton);
  const size_t length_at = result_.skeleton.size();
  result_.skeleton.append(kPaddedLength, 0);
  if (kind == MessageKind::kTensor) {
    Tensor(field);
  } else {
    Message(kind, field.value_begin, field.end, depth + 1, graphs);
  }
  PatchLength(result_.skeleton, length_at, result_.skeleton.size() - length_at - kPaddedLength);
}

TensorSeen Detacher::Scan(const WireField& message) {
  TensorSeen seen;
  uint64_t position = message.value_begin;
  WireField field;
  const auto note = [&](PayloadSeen& payload) {
    if (field.type == WireType::kLength) {
      if (field.size() == 0) return;
      ++payload.occurrences;
      payload.last = field;
    } else {
      payload.unpacked = true;
    }
  };
  while (reader_.Next(position, message.end, field)) {
    switch (field.number) {
      case tensor_field::kDataType:
        if (field.type == WireType::kVarint) seen.dtype = static_cast<int64_t>(field.value);
        break;
      case tensor_field::kName:
        if (field.type == WireType::kLength) seen.name = reader_.Text(field, 256);
        break;
      case tensor_field::kRawData:
        if (field.type == WireType::kLength) note(seen.raw);
        break;
      case tensor_field::kFloatData:
        note(seen.floats);
        break;
      case tensor_field::kDoubleData:
        note(seen.doubles);
        break;
      case tensor_field::kInt32Data:
      case tensor_field::kStringData:
      case tensor_field::kInt64Data:
      case tensor_field::kUint64Data:
        seen.other_payload = true;
        break;
      case tensor_field::kDataLocation:
        if (field.type == WireType::kVarint) seen.external = field.value == 1;
        break;
      case tensor_field::kExternalData:
        if (field.type == WireType::kLength) RejectReservedLocation(seen, field);
        break;
      default:
        break;
    }
  }
  return seen;
}

// "#<index>" is how a skeleton refers to a weight; a file that says so would name another's bytes.
void Detacher::RejectReservedLocation(const TensorSeen& seen, const WireField& entry) {
  uint64_t position = entry.value_begin;
  WireField field;
  while (reader_.Next(position, entry.end, field)) {
    if (field.number != 2 || field.type != WireType::kLength) continue;
    if (reader_.Text(field, 1) != "#") continue;
    Place place;
    place.file = source_->name();
    place.tensor = seen.name;
    place.byte = field.value_begin;
    ThrowInvalidModel("'" + source_->name() + "': tensor '" + seen.name +
                          "' has the external data location '" + reader_.Text(field, 64) +
                          "', expected a relative file name. Export the model again.",
                      place);
  }
}

// The field to detach, or nullptr when the tensor stays as it is.
const WireField* Detacher::Payload(const TensorSeen& seen, PayloadField& kind) {
  if (seen.external || seen.other_payload) return nullptr;
  const bool has_raw = seen.raw.occurrences > 0;
  const bool has_floats = seen.floats.occurrences > 0 || seen.floats.unpacked;
  const bool has_doubles = seen.doubles.occurrences > 0 || seen.doubles.unpacked;
  if (has_raw + has_floats + has_doubles != 1) return nullptr;
  const PayloadSeen& payload = has_raw ? seen.raw : has_floats ? seen.floats : seen.doubles;
  // Of several raw_data the last one counts, as in protobuf; packed numbers add up, and stay.
  if (payload.unpacked || (!has_raw && payload.occurrences > 1)) return nullptr;

  const DType dtype = static_cast<DType>(seen.dtype);
  if (dtype == DType::kUndefined || dtype == DType::kString) return nullptr;
  if (has_floats && dtype != DType::kFloat && dtype != DType::kComplex64) return nullptr;
  if (has_doubles && dtype != DType::kDouble && dtype != DType::kComplex128) return nullptr;
  if (!ShouldDetach(dtype, payload.last.size())) return nullptr;
  kind = has_raw      ? PayloadField::kRawData
         : has_floats ? PayloadField::kFloatData
                      : PayloadField::kDoubleData;
  return &payload.last;
}

void Detacher::Tensor(const WireField& message) {
  const TensorSeen seen = Scan(message);
  PayloadField kind = PayloadField::kRawData;
  const WireField* payload = Payload(seen, kind);
  if (payload == nullptr) {
    CopyToSkeleton(message.value_begin, message.end);
    return;
  }
  Weight weight;
  weight.bytes = MakeRangeBlob(source_, payload->value_begin, payload->size());
  weight.field = kind;

  uint64_t position = message.value_begin;
  WireField field;
  while (reader_.Next(position, message.end, field)) {
    switch (field.number) {
      case tensor_field::kRawData:
      case tensor_field::kFloatData:
      case tensor_field::kDoubleData:
        break;
      case tensor_field::kExternalData:
      case tensor_field::kDataLocation:
        reader_.Copy(field.begin, field.end, weight.kept_fields);
        break;
      default:
        CopyToSkeleton(field.begin, field.end);
    }
  }
  onnx::TensorProto reference;
  ReferToWeight(reference, result_.weights.size());
  reference.AppendToString(&result_.skeleton);
  result_.weights.push_back(std::move(weight));
}

}  // namespace

bool ShouldDetach(DType dtype, uint64_t bytes) {
  switch (dtype) {
    case DType::kInt32:
    case DType::kInt64:
    case DType::kUint32:
    case DType::kUint64:
      return bytes > kIntegerThreshold;
    case DType::kString:
      return false;
    default:
      return bytes >= kDetachThreshold;
  }
}

void ReferToWeight(onnx::TensorProto& tensor, size_t index) {
  tensor.clear_raw_data();
  tensor.clear_float_data();
  tensor.clear_double_data();
  tensor.clear_int32_data();
  tensor.clear_int64_data();
  tensor.clear_uint64_data();
  tensor.clear_string_data();
  tensor.clear_external_data();
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  auto* entry = tensor.add_external_data();
  entry->set_key("location");
  entry->set_value("#" + std::to_string(index));
}

DetachedModel Detach(const std::shared_ptr<const ByteSource>& source, Monitor* monitor) {
  RejectForeignFormat(*source);
  try {
    return Detacher(source, monitor).Run();
  } catch (const Error& error) {
    // Another protobuf format may break off anywhere; say what it is rather than where it broke.
    if (error.code() != ErrorCode::kInvalidModel) throw;
    if (const auto foreign = SniffForeignProtobuf(*source)) {
      Place place;
      place.file = source->name();
      ThrowInvalidModel("'" + source->name() + "' is " + foreign->what + ". " + foreign->advice,
                        place);
    }
    throw;
  }
}

}  // namespace quantab
