// Wall-clock time of repeated pieces of work.
#pragma once

#include <functional>
#include <span>
#include <vector>

namespace quantab {

// Milliseconds of each of `runs` calls of each piece of work, after `warmup` calls that are not
// counted. They take turns, a call of each, so that what else the machine does meets all alike.
std::vector<std::vector<double>> TimeInTurns(std::span<const std::function<void()>> works, int runs,
                                             int warmup);

// The value below which a share `q` (0..1) of `sorted` lies, by linear interpolation between
// neighbours (NumPy's default). `sorted` is ascending and not empty.
double Quantile(const std::vector<double>& sorted, double q);

}  // namespace quantab
