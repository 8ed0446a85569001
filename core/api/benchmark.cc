// Benchmark and the made-up samples it can run on.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <numbers>

#include "core/api/quantab.h"
#include "core/eval/feeds.h"
#include "core/eval/latency.h"

namespace quantab {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014): small, and the same numbers on every platform, which
// <random>'s distributions do not promise.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    state_ += 0x9E3779B97F4A7C15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  // In (0, 1].
  double Uniform() { return static_cast<double>((Next() >> 11) + 1) * 0x1.0p-53; }

  // Standard normal, by Box and Muller.
  double Normal() {
    return std::sqrt(-2.0 * std::log(Uniform())) * std::cos(2.0 * std::numbers::pi * Uniform());
  }

 private:
  uint64_t state_;
};

[[noreturn]] void Refuse(const InputInfo& input, const std::string& is, const std::string& next) {
  Place place;
  place.tensor = input.name;
  ThrowUnsupported(
      "Input '" + input.name + "' " + is + ", for which no random data can be made. " + next,
      place);
}

Tensor RandomTensor(const InputInfo& input, Random& random) {
  if (input.type == ValueType::kOptional) Refuse(input, "is an optional", "Give a sample.");
  if (input.type != ValueType::kTensor) {
    Refuse(input, input.type == ValueType::kSequence ? "is a sequence" : "is no tensor",
           "Only tensors can be given here.");
  }
  Shape shape;
  for (const std::string& dim : input.shape) {
    int64_t value = 1;
    std::from_chars(dim.data(), dim.data() + dim.size(), value);
    shape.push_back(std::max<int64_t>(value, 1));
  }
  Tensor tensor(input.dtype, shape);
  const bool known = VisitArithmetic(input.dtype, [&](auto type) {
    using T = decltype(type);
    T* out = tensor.mutable_data<T>();
    for (int64_t i = 0; i < tensor.count(); ++i) {
      if constexpr (std::is_floating_point_v<T>) {
        out[i] = static_cast<T>(random.Normal());
      } else {
        // 0 or 1 is in range for token ids, masks and sizes alike.
        out[i] = static_cast<T>(random.Next() & 1);
      }
    }
  });
  if (!known) {
    Refuse(input, "has type '" + std::string(NameOf(input.dtype)) + "'", "Give a sample.");
  }
  return tensor;
}

}  // namespace

TensorMap RandomSample(const std::vector<InputInfo>& inputs, uint64_t seed) {
  return Guard([&] {
    Random random(seed);
    TensorMap sample;
    for (const InputInfo& input : inputs) sample[input.name] = RandomTensor(input, random);
    return sample;
  });
}

Latency Benchmark(Session& session, const TensorMap& sample, int runs, int warmup,
                  Monitor* monitor) {
  const TimedSession timed{&session, &sample};
  return BenchmarkInTurns({&timed, 1}, runs, warmup, monitor).front();
}

Profile ProfileSession(Session& session, const TensorMap& sample, int runs, int warmup,
                       Monitor* monitor) {
  return Guard([&] { return ProfileRuns(session, sample, runs, warmup, monitor); });
}

std::vector<Latency> BenchmarkInTurns(std::span<const TimedSession> sessions, int runs, int warmup,
                                      Monitor* monitor) {
  return Guard([&] {
    if (runs < 1 || warmup < 0) {
      ThrowInvalidArgument("'runs' is " + std::to_string(runs) + " and 'warmup' " +
                           std::to_string(warmup) + ". Give at least 1 and at least 0.");
    }
    uint64_t done = 0;
    const uint64_t total =
        sessions.size() * (static_cast<uint64_t>(runs) + static_cast<uint64_t>(warmup));
    std::vector<std::function<void()>> works;
    for (const TimedSession& timed : sessions) {
      // Outputs of any kind will do: they are not given back.
      const TensorMap feeds = FeedsFor(timed.session->inputs(), *timed.sample);
      works.emplace_back([&, values = ValueMap(feeds.begin(), feeds.end())] {
        timed.session->RunValues(values, nullptr, nullptr);
        Report(monitor, "benchmark", ++done, total);
      });
    }
    std::vector<std::vector<double>> times = TimeInTurns(works, runs, warmup);
    std::vector<Latency> latencies;
    for (size_t i = 0; i < sessions.size(); ++i) {
      std::sort(times[i].begin(), times[i].end());
      const RunStats& stats = sessions[i].session->stats();
      latencies.push_back({.runs = runs,
                           .min_ms = times[i].front(),
                           .median_ms = Quantile(times[i], 0.5),
                           .p95_ms = Quantile(times[i], 0.95),
                           .peak_activation_bytes = stats.peak_activation_bytes,
                           .constant_bytes = stats.constant_bytes});
    }
    return latencies;
  });
}

}  // namespace quantab
