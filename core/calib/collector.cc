#include "core/calib/collector.h"

#include <utility>

#include "core/base/error.h"
#include "core/tensor/half.h"

namespace quantab {
namespace {

// Errors of `body` are about the tensor `name`.
template <class Body>
void Naming(const std::string& name, const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    Place place = error.place();
    place.tensor = name;
    throw Error(error.code(), "Tensor '" + Shorten(name) + "': " + error.message(), place);
  }
}

}  // namespace

Collector::Collector(std::string_view method, const CalibSettings& settings,
                     std::set<std::string> tensors)
    : method_(&CalibMethodRegistry::Get().Find(method)),
      settings_(settings),
      tensors_(std::move(tensors)),
      pass_(method_->passes) {
  CheckCalibSettings(settings);
  if (method_->check != nullptr) method_->check(settings);
}

void Collector::StartPass(int pass) {
  if (pass < 1 || pass > passes()) {
    ThrowInvalidArgument("There is no pass " + std::to_string(pass) + " of calibration by " +
                         std::string(method_->name) + ", which takes " + std::to_string(passes()) +
                         ".");
  }
  if (pass == 1) statistics_.clear();
  pass_ = pass;
}

void Collector::OnTensor(const std::string& value, const Tensor& tensor) {
  if (!tensors_.contains(value)) return;
  if (IsHalf(tensor.dtype())) return OnTensor(value, HalfToFloat(tensor));
  if (tensor.dtype() != DType::kFloat) return;
  std::unique_ptr<RangeStatistic>& statistic = statistics_[value];
  if (!statistic) statistic = method_->make(settings_);
  if (pass_ < passes()) {
    statistic->Look(tensor);
    return;
  }
  Naming(value, [&] { statistic->Add(tensor); });
}

std::vector<std::byte> Collector::TakeStatistics() {
  StatisticWriter out;
  out.Put(statistics_.size());
  for (const auto& [name, statistic] : statistics_) {
    out.PutText(name);
    if (pass_ < passes()) {
      statistic->TakeLooks(out);
    } else {
      statistic->TakeAdds(out);
    }
  }
  return out.Take();
}

void Collector::MergeStatistics(std::span<const std::byte> bytes) {
  StatisticReader in(bytes);
  for (auto left = in.Get<size_t>(); left > 0; --left) {
    const std::string name = in.GetText();
    if (!tensors_.contains(name)) StatisticReader::Refuse();
    std::unique_ptr<RangeStatistic>& statistic = statistics_[name];
    if (!statistic) statistic = method_->make(settings_);
    if (pass_ < passes()) {
      statistic->MergeLooks(in);
    } else {
      Naming(name, [&] { statistic->MergeAdds(in); });
    }
  }
}

TensorRanges Collector::Ranges(Monitor* monitor) const {
  WarnOfInfinities(monitor);
  TensorRanges result{std::string(method_->name), {}};
  for (const auto& [name, statistic] : statistics_) {
    CheckCancelled(monitor);
    if (const auto range = statistic->Range()) result.ranges.emplace(name, *range);
  }
  return result;
}

void Collector::WarnOfInfinities(Monitor* monitor) const {
  constexpr size_t kNamed = 5;
  std::string names;
  size_t tensors = 0;
  uint64_t elements = 0;
  for (const auto& [name, statistic] : statistics_) {
    if (statistic->infinities() == 0) continue;
    if (tensors < kNamed) names += (tensors == 0 ? "'" : ", '") + Shorten(name) + "'";
    ++tensors;
    elements += statistic->infinities();
  }
  if (tensors == 0) return;
  if (tensors > kNamed) names += " and " + std::to_string(tensors - kNamed) + " more";
  Warn(monitor, "Infinite elements were seen in calibration, " + std::to_string(elements) +
                    " in all, of " + names +
                    ". They do not count: the ranges are those of the finite elements.");
}

}  // namespace quantab
