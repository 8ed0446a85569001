#include "core/passes/same_content.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/base/error.h"

namespace quantab {
namespace {

constexpr size_t kFirstBytes = 4096;

// FNV-1a, of 64-bit words where there are whole ones.
class ContentHash {
 public:
  void Add(std::span<const std::byte> bytes) {
    size_t at = 0;
    for (; at + sizeof(uint64_t) <= bytes.size(); at += sizeof(uint64_t)) {
      uint64_t word = 0;
      std::memcpy(&word, bytes.data() + at, sizeof(word));
      Mix(word);
    }
    for (; at < bytes.size(); ++at) Mix(static_cast<uint64_t>(bytes[at]));
  }
  uint64_t value() const { return hash_; }

 private:
  void Mix(uint64_t word) {
    hash_ = (hash_ ^ word) * 0x100000001b3U;
    hash_ ^= hash_ >> 29;
  }
  uint64_t hash_ = 0xcbf29ce484222325U;
};

uint64_t HashOfFirst(const Blob& blob) {
  std::vector<std::byte> first(static_cast<size_t>(std::min<uint64_t>(blob.size(), kFirstBytes)));
  if (!first.empty()) blob.Read(0, first);
  ContentHash hash;
  hash.Add(first);
  return hash.value();
}

uint64_t HashOfAll(const Blob& blob) {
  ContentHash hash;
  ForEachChunk(blob, sizeof(uint64_t),
               [&](uint64_t, std::span<const std::byte> bytes) { hash.Add(bytes); });
  return hash.value();
}

struct Candidate {
  const onnx::TensorProto* tensor;
  BlobPtr bytes;
};

using Candidates = std::vector<Candidate>;

// Groups of more than one candidate that have the same hash, each in the order it came in.
std::vector<Candidates> SplitByHash(const Candidates& candidates, uint64_t (*hash)(const Blob&)) {
  std::map<uint64_t, Candidates> groups;
  for (const Candidate& candidate : candidates) {
    groups[hash(*candidate.bytes)].push_back(candidate);
  }
  std::vector<Candidates> split;
  for (auto& [value, group] : groups) {
    if (group.size() > 1) split.push_back(std::move(group));
  }
  return split;
}

}  // namespace

std::unordered_map<std::string, std::string> EqualInitializers(const Model& model,
                                                               const onnx::GraphProto& graph) {
  std::unordered_set<std::string> inputs;
  for (const auto& input : graph.input()) inputs.insert(input.name());
  std::map<std::pair<int32_t, Shape>, Candidates> alike;
  for (const auto& tensor : graph.initializer()) {
    if (inputs.contains(tensor.name()) || BitsOf(TypeOf(tensor)) == 0) continue;
    alike[{tensor.data_type(), ShapeOf(tensor)}].push_back({&tensor, nullptr});
  }
  std::unordered_map<std::string, std::string> equal;
  for (auto& [kind, candidates] : alike) {
    if (candidates.size() < 2) continue;
    for (Candidate& candidate : candidates) candidate.bytes = BytesOf(model, *candidate.tensor);
    for (const Candidates& close : SplitByHash(candidates, HashOfFirst)) {
      for (const Candidates& group : SplitByHash(close, HashOfAll)) {
        const std::vector<std::byte> first = LoadBlob(*group[0].bytes);
        for (size_t i = 1; i < group.size(); ++i) {
          if (LoadBlob(*group[i].bytes) != first) continue;
          equal[group[i].tensor->name()] = group[0].tensor->name();
        }
      }
    }
  }
  return equal;
}

}  // namespace quantab
