// What a layer report says: how far each value and each weight of a quantized model is from the
// float model's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quantab {

// Over all elements of all samples, by the formulas of core/eval/metrics.
struct ErrorFigures {
  double sqnr_db = 0;  // infinite where nothing differs
  double mse = 0;
  double max_abs_error = 0;
  double cosine = 0;
  double min = 0, max = 0;  // of the quantized model's values
};

// A value of the float model that the quantized model has too.
struct LayerFigures {
  std::string name;
  // What makes it in the float model: the node, before it those whose results are in the float
  // model alone, as that of a Conv before a Relu; none for a graph's input.
  std::vector<std::string> nodes;
  std::string op_type;  // of these: "Conv+Relu"
  int64_t elements = 0;
  double min = 0, max = 0;  // of the float model's values
  // What the quantized model makes of the same sample, errors of all layers before included.
  ErrorFigures accumulated;
  // What quantization does here alone: the quantized form of what makes the value, fed with the
  // float model's values. Absent where nothing is quantized on the way from them.
  std::optional<ErrorFigures> own;
};

// A weight of the float model that is quantized in the other.
struct WeightFigures {
  std::string name;
  std::vector<std::string> nodes;  // that read it in the float model
  std::string type;                // "int8", "uint4", "nf4", ...
  std::string scheme;              // what shares a scale: "tensor", "axis" or "block"
  std::optional<int64_t> axis;
  int64_t block_size = 0;  // of "block"
  uint64_t bytes_before = 0;
  uint64_t bytes_after = 0;  // scales and zero points included
  double sqnr_db = 0;        // infinite where nothing differs
  double max_abs_error = 0;
  // Share of elements at either end of the type's range; of a signed type, the lowest value that
  // has an opposite counts as the end as well.
  double saturated = 0;
};

struct LayerReport {
  int samples = 0;
  std::vector<LayerFigures> layers;    // worst own error (sqnr_db) first, those without one last
  std::vector<WeightFigures> weights;  // worst sqnr_db first
  // High-water mark, over all samples, of what was held for activations: those of a run of each
  // model that are alive together, and those of one layer.
  uint64_t peak_activation_bytes = 0;
};

}  // namespace quantab
