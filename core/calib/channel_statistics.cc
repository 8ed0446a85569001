#include "core/calib/channel_statistics.h"

#include <algorithm>
#include <cmath>

namespace quantab {

void ChannelStatistics::OnTensor(const std::string& value, const Tensor& tensor) {
  const auto wanted = axes_.find(value);
  if (wanted == axes_.end() || tensor.dtype() != DType::kFloat) return;
  Statistic& statistic = statistics_[value];
  const int64_t rank = tensor.rank();
  const int64_t axis = wanted->second < 0 ? wanted->second + rank : wanted->second;
  if (axis < 0 || axis >= rank) {
    statistic.broken = true;
    return;
  }
  const int64_t channels = tensor.dim(static_cast<int>(axis));
  if (statistic.channels.empty()) statistic.channels.resize(static_cast<size_t>(channels));
  if (statistic.channels.size() != static_cast<size_t>(channels)) {
    statistic.broken = true;
    return;
  }
  int64_t inner = 1;
  for (int64_t i = axis + 1; i < rank; ++i) inner *= tensor.dim(static_cast<int>(i));
  const std::span<const float> elements = tensor.span<float>();
  const size_t run = static_cast<size_t>(inner);
  for (size_t at = 0, c = 0; at < elements.size(); at += run) {
    Channel& channel = statistic.channels[c];
    for (float x : elements.subspan(at, run)) {
      if (!std::isfinite(x)) continue;
      channel.max = std::max(channel.max, std::fabs(x));
      channel.sum += x;
      ++channel.count;
    }
    if (++c == statistic.channels.size()) c = 0;
  }
}

std::map<std::string, std::vector<float>> ChannelStatistics::Maxima() const {
  std::map<std::string, std::vector<float>> maxima;
  for (const auto& [name, statistic] : statistics_) {
    if (statistic.broken || statistic.channels.empty()) continue;
    for (const Channel& channel : statistic.channels) maxima[name].push_back(channel.max);
  }
  return maxima;
}

std::map<std::string, std::vector<double>> ChannelStatistics::Means() const {
  std::map<std::string, std::vector<double>> means;
  for (const auto& [name, statistic] : statistics_) {
    if (statistic.broken || statistic.channels.empty()) continue;
    for (const Channel& channel : statistic.channels) {
      means[name].push_back(channel.count == 0 ? 0
                                               : channel.sum / static_cast<double>(channel.count));
    }
  }
  return means;
}

}  // namespace quantab
