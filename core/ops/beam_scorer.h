// The bookkeeping of a beam search: which sequences are going on, and which are finished.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace quantab {

using TokenSequence = std::vector<int32_t>;

// One way a beam may go on.
struct BeamCandidate {
  float score = 0;    // the sum of log probabilities
  int32_t token = 0;  // what comes next
  int beam = 0;       // the beam it continues, counted within its batch entry
};

struct BeamSettings {
  int beams = 1;
  float length_penalty = 1;
  bool early_stopping = false;
  int32_t eos_token = -1;
  int32_t pad_token = 0;
};

// A finished sequence; `score` is the sum divided by length ^ length_penalty.
struct Hypothesis {
  TokenSequence tokens;
  float score = 0;
};

// The beams of one batch entry.
class BeamScorer {
 public:
  BeamScorer(const BeamSettings& settings, TokenSequence prompt);

  bool done() const { return done_; }
  const TokenSequence& sequence(int beam) const { return sequences_[static_cast<size_t>(beam)]; }
  float score(int beam) const { return scores_[static_cast<size_t>(beam)]; }
  // The beam that `beam` continued in the last step.
  int parent(int beam) const { return parents_[static_cast<size_t>(beam)]; }

  // One step: `candidates` are 2 * beams, best first. A finished entry is padded.
  void Advance(std::span<const BeamCandidate> candidates);

  // The best `count` hypotheses, best first; those that are still going on count as they are.
  std::vector<Hypothesis> Finish(int count);

 private:
  void Keep(TokenSequence tokens, float sum);

  BeamSettings settings_;
  std::vector<TokenSequence> sequences_;
  std::vector<float> scores_;
  std::vector<int> parents_;
  std::vector<Hypothesis> finished_;  // at most `beams`, best first
  bool done_ = false;
};

}  // namespace quantab
