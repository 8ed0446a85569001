// The forms that the two Python functions give a converted model: their names, and their order of
// nodes. What they make is not always valid; see ElementTypes.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/quant/float16_values.h"

namespace quantab {

struct LayoutRequest {
  std::set<std::string> op_block_list, node_block_list;
  bool keep_io = false;
  bool keep_io_by_name = false;  // of inputs and outputs, only
  std::set<std::string> keep_io_names;
  bool force_fp16_initializers = false;
  std::map<std::string, std::vector<int64_t>> force_fp16_inputs;
  bool bfloat16_islands = false;

  bool Blocks(const onnx::NodeProto& node) const {
    return op_block_list.contains(node.op_type()) || node_block_list.contains(node.name());
  }
};

// Both rewrite `model`, whose value_info tells types: values without an entry are left alone.

// convert_float_to_float16 of onnxruntime.transformers. Casts come last in the list of nodes. A
// value gets one Cast to a type, where that function makes as many of one name as there are
// readers.
void ConvertLikeOnnxRuntime(Model& model, const LayoutRequest& request, HalfConstants& constants);

// convert_float_to_float16 of onnxconverter_common. Where `retarget_casts`, Cast nodes to float32
// become such to float16, which that function forgets.
void ConvertLikeOnnxConverter(Model& model, const LayoutRequest& request, HalfConstants& constants,
                              bool retarget_casts);

}  // namespace quantab
