// Geometries for the tests of windows: 1 to 3 dimensions, strides, dilations, uneven pads, kernels
// larger than the input.
#ifndef QUANTAB_TESTS_CORE_KERNELS_CONV_SHAPES_H_
#define QUANTAB_TESTS_CORE_KERNELS_CONV_SHAPES_H_

#include <algorithm>
#include <ostream>
#include <vector>

#include "core/kernels/im2col/im2col.h"
#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {

inline std::ostream& operator<<(std::ostream& out, const ConvShape& s) {
  out << "groups " << s.groups << " channels " << s.in_channels << "->" << s.out_channels;
  for (int d = 0; d < 3; ++d) {
    out << " | in " << s.in[d] << " kernel " << s.kernel[d] << " out " << s.out[d] << " stride "
        << s.stride[d] << " dilation " << s.dilation[d] << " pad " << s.pad[d];
  }
  return out;
}

// A random geometry over the last `rank` dimensions; its windows all overlap the padded input.
inline ConvShape RandomShape(Random& random, int rank, std::array<size_t, 3>* pad_end = nullptr) {
  ConvShape shape;
  if (pad_end != nullptr) *pad_end = {0, 0, 0};
  for (size_t d = 3 - static_cast<size_t>(rank); d < 3; ++d) {
    shape.kernel[d] = static_cast<size_t>(random.Int(1, d == 2 ? 5 : 3));
    shape.stride[d] = static_cast<size_t>(random.Int(1, 3));
    shape.dilation[d] = static_cast<size_t>(random.Int(1, 2));
    shape.in[d] = static_cast<size_t>(random.Int(1, d == 2 ? 70 : 9));
    shape.pad[d] = static_cast<size_t>(random.Int(0, 2));
    size_t end = static_cast<size_t>(random.Int(0, 2));
    while (ConvOutSize(shape.in[d], shape.kernel[d], shape.stride[d], shape.dilation[d],
                       shape.pad[d], end) == 0) {
      ++end;
    }
    shape.out[d] = ConvOutSize(shape.in[d], shape.kernel[d], shape.stride[d], shape.dilation[d],
                               shape.pad[d], end);
    if (pad_end != nullptr) (*pad_end)[d] = end;
  }
  return shape;
}

// Straight from the definition: calls visit(input pixel, tap) for taps inside the input.
template <typename Visit>
void ForEachTap(const ConvShape& s, size_t pixel, Visit visit) {
  const size_t out[3] = {pixel / s.out[2] / s.out[1], pixel / s.out[2] % s.out[1],
                         pixel % s.out[2]};
  size_t tap = 0;
  for (size_t a = 0; a < s.kernel[0]; ++a) {
    for (size_t b = 0; b < s.kernel[1]; ++b) {
      for (size_t c = 0; c < s.kernel[2]; ++c, ++tap) {
        const size_t k[3] = {a, b, c};
        long at[3];
        bool inside = true;
        for (int d = 0; d < 3; ++d) {
          at[d] = static_cast<long>(out[d] * s.stride[d] + k[d] * s.dilation[d]) -
                  static_cast<long>(s.pad[d]);
          inside &= at[d] >= 0 && at[d] < static_cast<long>(s.in[d]);
        }
        if (inside) {
          visit((static_cast<size_t>(at[0]) * s.in[1] + static_cast<size_t>(at[1])) * s.in[2] +
                    static_cast<size_t>(at[2]),
                tap);
        }
      }
    }
  }
}

}  // namespace quantab::kernels

#endif  // QUANTAB_TESTS_CORE_KERNELS_CONV_SHAPES_H_
