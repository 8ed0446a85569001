// Writing is a walk over the serialized skeleton, in which every reference to a weight gives way to
// the payload. The walk is made twice, in the same order: the first time to know the sizes (a
// message's length comes before it), the second time to write.
#include <algorithm>
#include <limits>
#include <unordered_map>
#include <utility>

#include "core/base/error.h"
#include "core/onnx/external_data.h"
#include "core/onnx/message_kind.h"
#include "core/onnx/model.h"
#include "core/onnx/wire.h"

namespace quantab {
namespace {

constexpr uint64_t kMaxModelBytes = std::numeric_limits<int32_t>::max();
constexpr size_t kChunk = size_t{1} << 20;

// How one tensor is written. Tensors without a payload to move are copied.
struct TensorPlan {
  enum class Kind { kCopy, kInlineWeight, kExternal } kind = Kind::kCopy;
  uint64_t size = 0;  // of the message
  BlobPtr payload;
  uint32_t field = 0;        // kInlineWeight: number of the payload's field
  std::string kept_fields;   // kInlineWeight
  std::string entry_fields;  // kExternal: data_location and external_data
};

uint32_t FieldNumber(PayloadField field) {
  switch (field) {
    case PayloadField::kRawData:
      return tensor_field::kRawData;
    case PayloadField::kFloatData:
      return tensor_field::kFloatData;
    case PayloadField::kDoubleData:
      return tensor_field::kDoubleData;
  }
  return tensor_field::kRawData;
}

uint64_t FieldSize(uint32_t number, uint64_t length) {
  return VarintSize(uint64_t{number} << 3) + VarintSize(length) + length;
}

// Whether a field of a tensor's message gives way to what is written in its place. Goes by the
// number alone: a field of another wire type, or of an unknown location, is no use there either.
bool IsReplaced(TensorPlan::Kind kind, const WireField& field) {
  const bool reference =
      field.number == tensor_field::kDataLocation || field.number == tensor_field::kExternalData;
  return reference ||
         (kind == TensorPlan::Kind::kExternal && field.number == tensor_field::kRawData);
}

// What will be written, and where.
class Plan {
 public:
  Plan(const Model& model, const WriteOptions& options) : model_(model), options_(options) {
    if (model.proto.ByteSizeLong() > kMaxModelBytes) FailSize(model.proto.ByteSizeLong());
    if (!model.proto.SerializeToString(&skeleton_)) {
      ThrowInternal("The model's graph cannot be serialized.");
    }
    source_ = std::make_unique<MemorySource>(std::as_bytes(std::span(skeleton_)), model.name);
    reader_ = std::make_unique<WireReader>(*source_);
    sizes_.model = Measure(MessageKind::kModel, 0, skeleton_.size(), true);
  }

  // Throws Error(kUnsupported) where protobuf's readers would refuse the model file.
  void CheckSize() const {
    if (sizes_.model > kMaxModelBytes) FailSize(sizes_.model);
  }

  const std::string& skeleton() const { return skeleton_; }
  WireReader& reader() { return *reader_; }
  const WrittenSizes& sizes() const { return sizes_; }
  // Both in the order of the walk.
  const std::vector<uint64_t>& message_sizes() const { return message_sizes_; }
  const std::vector<TensorPlan>& tensors() const { return tensors_; }
  const std::vector<BlobPtr>& external() const { return external_; }

 private:
  [[noreturn]] void FailSize(uint64_t size) const {
    Place place;
    place.file = model_.name;
    ThrowUnsupported("The model file would have " + std::to_string(size) +
                         " bytes, but the format ends at 2 GiB. Write it with external data "
                         "(use_external_data_format).",
                     place);
  }

  uint64_t Measure(MessageKind kind, uint64_t begin, uint64_t end, bool external_allowed) {
    const size_t slot = message_sizes_.size();
    message_sizes_.push_back(0);
    uint64_t total = 0;
    uint64_t position = begin;
    WireField field;
    while (reader_->Next(position, end, field)) {
      const MessageKind child =
          field.type == WireType::kLength ? ChildKind(kind, field.number) : MessageKind::kNone;
      if (child == MessageKind::kNone) {
        total += field.end - field.begin;
        continue;
      }
      // Runtimes read sparse tensors from the model file only.
      const bool allowed = external_allowed && child != MessageKind::kSparseTensor;
      const uint64_t size = child == MessageKind::kTensor
                                ? MeasureTensor(field, allowed)
                                : Measure(child, field.value_begin, field.end, allowed);
      total += FieldSize(field.number, size);
    }
    message_sizes_[slot] = total;
    return total;
  }

  uint64_t MeasureTensor(const WireField& message, bool external_allowed) {
    TensorPlan plan;
    onnx::TensorProto tensor;
    if (!tensor.ParseFromArray(skeleton_.data() + message.value_begin,
                               static_cast<int>(message.size()))) {
      ThrowInternal("A tensor of the model cannot be parsed again.");
    }
    // External data of a type that is not known here could not be read again.
    const bool external =
        external_allowed && options_.use_external_data_format && BitsOf(TypeOf(tensor)) > 0;
    if (IsDetached(tensor)) {
      if (WeightIndex(tensor) >= model_.weights.size()) {
        ThrowInternal("Tensor '" + tensor.name() + "' refers to a weight that is not there.");
      }
      const Weight& weight = model_.weights[WeightIndex(tensor)];
      plan.payload = weight.bytes;
      if (external && weight.bytes->size() >= options_.size_threshold) {
        MoveOut(plan, WeightIndex(tensor));
      } else {
        plan.kind = TensorPlan::Kind::kInlineWeight;
        plan.field = FieldNumber(weight.field);
        plan.kept_fields = weight.kept_fields;
        plan.size = FieldSize(plan.field, weight.bytes->size()) + weight.kept_fields.size();
      }
    } else if (external && tensor.raw_data().size() >= options_.size_threshold &&
               !tensor.raw_data().empty()) {
      const auto raw = std::as_bytes(std::span(tensor.raw_data()));
      plan.payload = MakeMemoryBlob({raw.begin(), raw.end()});
      MoveOut(plan, SIZE_MAX);
    }
    plan.size += KeptSize(plan.kind, message);
    const uint64_t size = plan.size;
    tensors_.push_back(std::move(plan));
    return size;
  }

  uint64_t KeptSize(TensorPlan::Kind kind, const WireField& message) {
    if (kind == TensorPlan::Kind::kCopy) return message.size();
    uint64_t total = 0;
    uint64_t position = message.value_begin;
    WireField field;
    while (reader_->Next(position, message.end, field)) {
      if (!IsReplaced(kind, field)) total += field.end - field.begin;
    }
    return total;
  }

  // Gives the payload its place in the external file; a weight that several tensors share has one.
  void MoveOut(TensorPlan& plan, size_t weight) {
    plan.kind = TensorPlan::Kind::kExternal;
    uint64_t offset = sizes_.external;
    const auto known = offsets_.find(weight);
    if (weight != SIZE_MAX && known != offsets_.end()) {
      offset = known->second;
    } else {
      if (weight != SIZE_MAX) offsets_.emplace(weight, offset);
      external_.push_back(plan.payload);
      sizes_.external += plan.payload->size();
    }
    onnx::TensorProto reference;
    reference.set_data_location(onnx::TensorProto::EXTERNAL);
    const auto add = [&](const char* key, std::string value) {
      auto* entry = reference.add_external_data();
      entry->set_key(key);
      entry->set_value(std::move(value));
    };
    add("location", options_.location);
    add("offset", std::to_string(offset));
    add("length", std::to_string(plan.payload->size()));
    reference.SerializeToString(&plan.entry_fields);
    plan.size = plan.entry_fields.size();
    plan.payload = nullptr;
  }

  const Model& model_;
  const WriteOptions& options_;
  std::string skeleton_;
  std::unique_ptr<MemorySource> source_;
  std::unique_ptr<WireReader> reader_;
  WrittenSizes sizes_;
  std::vector<uint64_t> message_sizes_;
  std::vector<TensorPlan> tensors_;
  std::vector<BlobPtr> external_;
  std::unordered_map<size_t, uint64_t> offsets_;
};

// Counts what has been written over both files.
struct Progress {
  Monitor* monitor;
  uint64_t done = 0;
  uint64_t total = 0;

  void Add(uint64_t bytes) {
    done += bytes;
    Report(monitor, "write", done, total);
  }
};

void WriteBlob(const Blob& blob, ByteSink& sink, Progress& progress) {
  // 96 bytes hold a whole number of elements of every type, the 6-bit ones included.
  ForEachChunk(
      blob, 96,
      [&](uint64_t, std::span<const std::byte> bytes) {
        sink.Write(bytes);
        progress.Add(bytes.size());
      },
      kChunk);
}

class Writer {
 public:
  Writer(Plan& plan, ByteSink& sink, Progress& progress)
      : plan_(plan), sink_(sink), progress_(progress) {}

  void Run() {
    Message(MessageKind::kModel, 0, plan_.skeleton().size());
    Flush();
  }

 private:
  void Message(MessageKind kind, uint64_t begin, uint64_t end) {
    ++next_message_;
    uint64_t position = begin;
    WireField field;
    while (plan_.reader().Next(position, end, field)) {
      const MessageKind child =
          field.type == WireType::kLength ? ChildKind(kind, field.number) : MessageKind::kNone;
      if (child == MessageKind::kNone) {
        Copy(field.begin, field.end);
        continue;
      }
      AppendTag(field.number, WireType::kLength, literal_);
      if (child == MessageKind::kTensor) {
        Tensor(field);
      } else {
        AppendVarint(plan_.message_sizes()[next_message_], literal_);
        Message(child, field.value_begin, field.end);
      }
    }
  }

  void Tensor(const WireField& message) {
    const TensorPlan& tensor = plan_.tensors()[next_tensor_++];
    AppendVarint(tensor.size, literal_);
    if (tensor.kind == TensorPlan::Kind::kCopy) {
      Copy(message.value_begin, message.end);
      return;
    }
    // Fields come in ascending order, as protobuf itself writes them; unknown ones are last.
    bool placed = false;
    uint64_t position = message.value_begin;
    WireField field;
    while (plan_.reader().Next(position, message.end, field)) {
      if (IsReplaced(tensor.kind, field)) continue;
      const uint32_t place =
          tensor.kind == TensorPlan::Kind::kExternal ? tensor_field::kExternalData : tensor.field;
      if (!placed && field.number > place) {
        Payload(tensor);
        placed = true;
      }
      Copy(field.begin, field.end);
    }
    if (!placed) Payload(tensor);
  }

  void Payload(const TensorPlan& tensor) {
    if (tensor.kind == TensorPlan::Kind::kExternal) {
      literal_ += tensor.entry_fields;
      return;
    }
    AppendTag(tensor.field, WireType::kLength, literal_);
    AppendVarint(tensor.payload->size(), literal_);
    Flush();
    WriteBlob(*tensor.payload, sink_, progress_);
    literal_ += tensor.kept_fields;
  }

  void Copy(uint64_t begin, uint64_t end) {
    literal_.append(plan_.skeleton(), static_cast<size_t>(begin), static_cast<size_t>(end - begin));
    if (literal_.size() >= kChunk) Flush();
  }

  void Flush() {
    if (literal_.empty()) return;
    sink_.Write(std::as_bytes(std::span(literal_)));
    progress_.Add(literal_.size());
    literal_.clear();
  }

  Plan& plan_;
  ByteSink& sink_;
  Progress& progress_;
  std::string literal_;
  size_t next_message_ = 0;
  size_t next_tensor_ = 0;
};

}  // namespace

WrittenSizes SizesOf(const Model& model, const WriteOptions& options) {
  return Guard([&] {
    const Plan plan(model, options);
    plan.CheckSize();
    return plan.sizes();
  });
}

uint64_t FileBytes(const Model& model) {
  return Guard([&] {
    WriteOptions options;
    options.use_external_data_format =
        std::any_of(model.weights.begin(), model.weights.end(),
                    [](const Weight& weight) { return weight.was_external; });
    options.location = model.name.substr(model.name.find_last_of('/') + 1) + ".data";
    const WrittenSizes sizes = Plan(model, options).sizes();
    return sizes.model + sizes.external;
  });
}

void WriteModel(const Model& model, ByteSink& out, ByteSink* external, const WriteOptions& options,
                Monitor* monitor) {
  Guard([&] {
    if (options.use_external_data_format && (external == nullptr || options.location.empty())) {
      ThrowInvalidArgument(
          "External data needs a file name and a place to write to. Give both, or write the model "
          "as one file.");
    }
    if (options.use_external_data_format && !SafeLocation(options.location)) {
      ThrowInvalidArgument("External data cannot have the location '" + options.location +
                           "', expected a relative path below the model's folder.");
    }
    Plan plan(model, options);
    plan.CheckSize();
    Progress progress{monitor, 0, plan.sizes().model + plan.sizes().external};
    if (external != nullptr) {
      for (const BlobPtr& blob : plan.external()) WriteBlob(*blob, *external, progress);
    }
    Writer(plan, out, progress).Run();
    if (progress.done != progress.total) {
      ThrowInternal("The model was written with " + std::to_string(progress.done) +
                    " bytes, expected " + std::to_string(progress.total) + ".");
    }
    CheckCancelled(monitor);
    // Both are complete before either is in place, and the data comes first: a model that is there
    // has its data beside it.
    if (external != nullptr) external->Settle();
    out.Settle();
    if (external != nullptr) external->Finish();
    out.Finish();
  });
}

}  // namespace quantab
