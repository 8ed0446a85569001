// What calibration found: the range of each activation. Its text form can be compared, edited and
// kept; a tensor struck from it stays in float.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quantab {

// Mean and standard deviation of a tensor's elements.
struct Moments {
  double average = 0;
  double deviation = 0;

  bool operator==(const Moments&) const = default;
};

struct TensorRange {
  float min = 0;
  float max = 0;
  std::optional<Moments> moments = {};                 // by the Distribution method
  std::vector<std::pair<float, float>> channels = {};  // by MinMax per channel: of each the range

  bool operator==(const TensorRange&) const = default;
};

struct TensorRanges {
  std::string method;  // a name in the calibration method registry
  std::map<std::string, TensorRange> ranges;

  bool operator==(const TensorRanges&) const = default;
};

// One line per tensor, by name, each number as short as it can be without changing it. Lines that
// begin with two blanks belong to the tensor before:
//
//   # quantab ranges 1
//   # method MinMax
//   -1.5 2.25 conv_output
//     moments 0.25 1.125           average and deviation
//     channel -1.5 1               of channel 0, then of channel 1, ...
//     channel -0.5 2.25
//
// A name is the rest of its line; backslash, line feed and carriage return in it are written '\\',
// '\n' and '\r'.
std::string ToText(const TensorRanges& ranges);

// The inverse. Empty lines are skipped. Throws Error(kInvalidArgument) naming the line that is not
// understood, that repeats a tensor, or whose range is empty or not finite.
TensorRanges RangesFromText(std::string_view text);

}  // namespace quantab
