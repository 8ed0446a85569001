// Operators written for [N,C,spatial...], on tensors [N,spatial...,C].
#pragma once

#include "core/ops/op.h"

namespace quantab {

// Runs `compute` with input 0 and output 0 turned to channels first and back; other inputs are as
// they are. There are no other outputs. Throws unless input 0 has 3 to 16 dimensions.
void ComputeChannelsLast(OpContext& c, void (*compute)(OpContext&));

// A shape [N,spatial...,C] as [N,C,spatial...], and back. ChannelsFirst throws as
// ComputeChannelsLast does; `c` is named in the error.
Shape ChannelsFirst(const OpContext& c, const Shape& shape);
Shape ChannelsLast(const Shape& shape);

// Whether the node's attribute `channels_last` says so.
bool IsChannelsLast(const OpContext& c);

}  // namespace quantab
