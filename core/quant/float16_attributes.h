// Attributes that say which type a node makes.
#pragma once

#include "core/quant/float16_values.h"

namespace quantab {

// Makes `node`, which makes float32 by an attribute or the lack of one, make float16: Cast's `to`,
// the `dtype` of random numbers, EyeLike and SequenceEmpty, the values of Constant and
// ConstantOfShape, ... Does nothing to other operators.
void MakeHalf(onnx::NodeProto& node, HalfConstants& constants);

// Writes down float32 where the node would otherwise make what its input is.
void MakeFloat(onnx::NodeProto& node);

}  // namespace quantab
