// The float4 of bitsandbytes: 16 numbers from -1 to 1, by code.
#pragma once

#include <array>

namespace quantab {

enum class Bnb4Type { kFp4 = 0, kNf4 = 1 };  // MatMulBnb4's numbers

using Bnb4Numbers = std::array<float, 16>;

// A sign, two bits of exponent and one of mantissa; divided by the largest, 12.
inline constexpr Bnb4Numbers kFp4Numbers = {
    0.0f,  0.0625f / 12,  8.0f / 12,  12.0f / 12,  4.0f / 12,  6.0f / 12,  2.0f / 12,  3.0f / 12,
    -0.0f, -0.0625f / 12, -8.0f / 12, -12.0f / 12, -4.0f / 12, -6.0f / 12, -2.0f / 12, -3.0f / 12};

// Quantiles of the normal distribution, as QLoRA gives them.
inline constexpr Bnb4Numbers kNf4Numbers = {-1.0f,
                                            -0.6961928009986877f,
                                            -0.5250730514526367f,
                                            -0.39491748809814453f,
                                            -0.28444138169288635f,
                                            -0.18477343022823334f,
                                            -0.09105003625154495f,
                                            0.0f,
                                            0.07958029955625534f,
                                            0.16093020141124725f,
                                            0.24611230194568634f,
                                            0.33791524171829224f,
                                            0.44070982933044434f,
                                            0.5626170039176941f,
                                            0.7229568362236023f,
                                            1.0f};

inline const Bnb4Numbers& NumbersOf(Bnb4Type type) {
  return type == Bnb4Type::kFp4 ? kFp4Numbers : kNf4Numbers;
}

}  // namespace quantab
