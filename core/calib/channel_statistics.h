// Watches a session and keeps two figures of each channel of the tensors that are wanted: its
// largest magnitude, which SmoothQuant needs, and its mean, which bias correction needs. Memory
// grows with the tensors' channels only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/exec/session.h"

namespace quantab {

class ChannelStatistics final : public Observer {
 public:
  // `axes`: of each float32 value to be watched the axis of its channels, negative from the end.
  explicit ChannelStatistics(std::map<std::string, int64_t> axes) : axes_(std::move(axes)) {}

  bool Wants(const std::string& value) override { return axes_.contains(value); }
  // Elements that are not finite do not count. A tensor that lacks the axis, or whose number of
  // channels differs from sample to sample, is forgotten.
  void OnTensor(const std::string& value, const Tensor& tensor) override;

  // By tensor, one number for each channel.
  std::map<std::string, std::vector<float>> Maxima() const;
  std::map<std::string, std::vector<double>> Means() const;

 private:
  struct Channel {
    float max = 0;
    double sum = 0;
    int64_t count = 0;
  };
  struct Statistic {
    std::vector<Channel> channels;
    bool broken = false;
  };

  std::map<std::string, int64_t> axes_;
  std::map<std::string, Statistic> statistics_;
};

}  // namespace quantab
