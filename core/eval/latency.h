// Wall-clock time of a repeated piece of work.
#pragma once

#include <functional>
#include <vector>

namespace quantab {

// Milliseconds of each of `runs` calls, after `warmup` calls that are not counted.
std::vector<double> TimeRuns(const std::function<void()>& work, int runs, int warmup);

// The value below which a share `q` (0..1) of `sorted` lies, by linear interpolation between
// neighbours (NumPy's default). `sorted` is ascending and not empty.
double Quantile(const std::vector<double>& sorted, double q);

}  // namespace quantab
