// Between which values the elements of a tensor lie.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

namespace quantab {

// NaN and infinities are passed over: a range that holds them is of no use. As it is here when
// there is no other element.
struct ElementBounds {
  float min = std::numeric_limits<float>::infinity();
  float max = -std::numeric_limits<float>::infinity();
  float least = std::numeric_limits<float>::infinity();  // the smallest magnitude

  bool any() const { return min <= max; }
  // The largest magnitude; only when any().
  float most() const;
  void Include(const ElementBounds& other);
};

// The bounds of `values`; adds the number of infinities among them to `infinities`.
ElementBounds FindElementBounds(std::span<const float> values, uint64_t& infinities);

}  // namespace quantab
