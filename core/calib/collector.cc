#include "core/calib/collector.h"

#include <utility>

#include "core/base/error.h"

namespace quantab {

Collector::Collector(std::string_view method, const CalibSettings& settings,
                     std::set<std::string> tensors)
    : method_(&CalibMethodRegistry::Get().Find(method)),
      settings_(settings),
      tensors_(std::move(tensors)) {
  if (!(settings.averaging_constant >= 0 && settings.averaging_constant <= 1)) {
    ThrowInvalidArgument("'calib_moving_average_constant' is " +
                         std::to_string(settings.averaging_constant) +
                         ", expected a number from 0 to 1.");
  }
}

void Collector::OnTensor(const std::string& value, const Tensor& tensor) {
  if (tensor.dtype() != DType::kFloat || !tensors_.contains(value)) return;
  std::unique_ptr<RangeStatistic>& statistic = statistics_[value];
  if (!statistic) statistic = method_->make(settings_);
  statistic->Add(tensor);
}

TensorRanges Collector::Ranges() const {
  TensorRanges result{std::string(method_->name), {}};
  for (const auto& [name, statistic] : statistics_) {
    if (const auto range = statistic->Range()) result.ranges.emplace(name, *range);
  }
  return result;
}

}  // namespace quantab
