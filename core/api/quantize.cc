// QuantizeDynamic.
#include "core/api/quantab.h"
#include "core/quant/prepare.h"
#include "core/quant/quantization.h"

namespace quantab {

Model QuantizeDynamic(const Model& model, const DynamicOptions& options, Monitor* monitor) {
  return Guard([&] {
    const std::vector<UnsupportedNode> unsupported = FindUnsupported(model);
    if (!unsupported.empty()) {
      Warn(monitor, DescribeUnsupported(unsupported) +
                        ". The model is quantized all the same, but it cannot run here.");
    }
    return Quantization(model, ToStaticOptions(options), monitor).Run(TensorRanges(), monitor);
  });
}

}  // namespace quantab
