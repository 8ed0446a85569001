// The discrete Fourier transform of one signal, of any length n, in O(n log n):
//
//   X[k] = sum over j of x[j] * exp(-2 pi i j k / n)
#pragma once

#include <cstddef>
#include <vector>

namespace quantab {

// A plain pair: products of std::complex look for NaN.
struct Complex {
  double re = 0, im = 0;
};

inline Complex operator+(Complex a, Complex b) { return {a.re + b.re, a.im + b.im}; }
inline Complex operator-(Complex a, Complex b) { return {a.re - b.re, a.im - b.im}; }
inline Complex operator*(Complex a, Complex b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
inline Complex Conjugate(Complex a) { return {a.re, -a.im}; }

// What transforms of one length share. The length is at least 1.
class FourierTransform {
 public:
  explicit FourierTransform(size_t length);

  size_t length() const { return length_; }
  // Transforms `x`, `length` values, in place.
  void Forward(Complex* x);
  // With +2 pi i in the exponent, and divided by the length.
  void Inverse(Complex* x);

 private:
  void RunPowerOfTwo(Complex* x) const;
  void RunChirp(Complex* x);

  size_t length_;
  size_t power_ = 1;             // of two: the length, or what a chirp of that length needs
  std::vector<Complex> roots_;   // exp(-2 pi i k / power), half a turn
  std::vector<Complex> chirp_;   // exp(-pi i k^2 / length); none where the length is a power of two
  std::vector<Complex> filter_;  // the transform of the conjugate chirp
  std::vector<Complex> work_;
};

}  // namespace quantab
