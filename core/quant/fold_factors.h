// Factors per channel, put into what makes a value.
#pragma once

#include <string>
#include <vector>

#include "core/graph/graph_edit.h"

namespace quantab {

// Rewrites constants so that `value` comes out multiplied by `factors` (positive, one per channel
// along `axis`, negative from the end); true if that was possible. Nobody else may want the value
// as it was. Goes through Relu and through Add and Mul with constants per channel, into
//   LayerNormalization, SimplifiedLayerNormalization, BatchNormalization, InstanceNormalization
//     (scale and bias) and
//   Conv, MatMul, Gemm (the weight's output channels, and the bias).
// The nodes keep their places; constants that others read are copied.
bool FoldFactors(GraphEdit& edit, const std::string& value, int64_t axis,
                 const std::vector<float>& factors);

}  // namespace quantab
