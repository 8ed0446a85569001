// 8-bit convolutions: weights packed once when they are constant, on every run otherwise. Images
// have their channels last where the node's attribute `channels_last` says so.
#pragma once

#include <memory>

#include "core/kernels/i8_conv/i8_conv.h"
#include "core/ops/conv_shape.h"
#include "core/ops/quantization.h"

namespace quantab {

// Packs constant input `w` with its constant (or absent) zero points, input `w_zero`. nullptr when
// either is not constant.
std::unique_ptr<OpState> PrepareI8Conv(PrepareContext& c, int w, int w_zero);

// One convolution in a run. Scratch comes from the context; Run() takes most of it, so that an
// output that is too large is refused first.
class I8Conv {
 public:
  // Input `x` is uint8 or int8; the context's state is PrepareI8Conv's or null.
  I8Conv(OpContext& c, int x, int w, int w_zero);

  // `out` has its channels where the node's images have them.
  const ConvGeometry& geometry() const { return geometry_; }

  // `y` holds elements as `epilogue.out` says.
  void Run(int32_t x_zero, void* y, const kernels::I8GemmEpilogue& epilogue);

 private:
  OpContext& c_;
  int x_;
  bool is_signed_;
  kernels::ChannelOrder order_;
  ConvGeometry geometry_;
  const void* packed_ = nullptr;
};

// Throws unless input `i` has one value, or one for each output channel.
void CheckByChannel(const OpContext& c, int i, size_t channels);

}  // namespace quantab
