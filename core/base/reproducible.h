// Float results whose bits are the same on every machine and in every build.
#pragma once

namespace quantab {

// While one lives, float kernels that may round a product and a sum at once are not chosen on this
// thread (kernels/dispatch.cc). Calibration runs so: its ranges end in the quantized file, and the
// same model, options and samples shall give the same file everywhere.
class ReproducibleScope {
 public:
  explicit ReproducibleScope(bool wanted = true) : step_(wanted ? 1 : 0) { depth_ += step_; }
  ~ReproducibleScope() { depth_ -= step_; }
  ReproducibleScope(const ReproducibleScope&) = delete;
  ReproducibleScope& operator=(const ReproducibleScope&) = delete;

  static bool Active() { return depth_ > 0; }

 private:
  static inline thread_local int depth_ = 0;
  const int step_;
};

}  // namespace quantab
