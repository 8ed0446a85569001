#include "core/ops/beam_scorer.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace quantab {
namespace {

// Beams begin alike; all but the first are put back so far that they take other tokens.
constexpr float kHandicap = -1e9F;

}  // namespace

BeamScorer::BeamScorer(const BeamSettings& settings, TokenSequence prompt)
    : settings_(settings),
      sequences_(static_cast<size_t>(settings.beams), prompt),
      scores_(static_cast<size_t>(settings.beams), kHandicap),
      parents_(static_cast<size_t>(settings.beams), 0) {
  scores_[0] = 0;
}

void BeamScorer::Keep(TokenSequence tokens, float sum) {
  const float length = static_cast<float>(tokens.size());
  const float score = sum / std::pow(length, settings_.length_penalty);
  const auto at = std::find_if(finished_.begin(), finished_.end(),
                               [&](const Hypothesis& other) { return other.score < score; });
  finished_.insert(at, {std::move(tokens), score});
  if (finished_.size() > static_cast<size_t>(settings_.beams)) finished_.pop_back();
}

void BeamScorer::Advance(std::span<const BeamCandidate> candidates) {
  const size_t beams = static_cast<size_t>(settings_.beams);
  std::vector<BeamCandidate> next;
  if (done_) next.assign(beams, {0, settings_.pad_token, 0});
  for (size_t i = 0; i < candidates.size() && next.size() < beams; ++i) {
    const BeamCandidate& candidate = candidates[i];
    if (settings_.eos_token < 0 || candidate.token != settings_.eos_token) {
      next.push_back(candidate);
    } else if (i < beams) {
      Keep(sequence(candidate.beam), candidate.score);
    }
  }
  const float length = static_cast<float>(sequences_.front().size());
  const float best = candidates.front().score / std::pow(length, settings_.length_penalty);
  const bool full = finished_.size() >= beams;
  done_ = done_ || (full && (settings_.early_stopping || finished_.back().score >= best));

  next.resize(beams, {0, settings_.pad_token, 0});
  std::vector<TokenSequence> sequences;
  for (size_t i = 0; i < beams; ++i) {
    sequences.push_back(sequence(next[i].beam));
    sequences.back().push_back(next[i].token);
    scores_[i] = next[i].score;
    parents_[i] = next[i].beam;
  }
  sequences_ = std::move(sequences);
}

std::vector<Hypothesis> BeamScorer::Finish(int count) {
  if (!done_) {
    for (size_t i = 0; i < sequences_.size(); ++i) Keep(sequences_[i], scores_[i]);
  }
  finished_.resize(std::min(finished_.size(), static_cast<size_t>(count)));
  return std::move(finished_);
}

}  // namespace quantab
