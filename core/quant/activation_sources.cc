#include "core/quant/activation_sources.h"

#include "core/quant/qdq_quantizer.h"

namespace quantab {

std::unordered_map<std::string, std::string> QdqQuantizer::ActivationSources() {
  AdjustRanges();
  MarkNodes();
  std::unordered_map<std::string, std::string> sources;
  for (const std::string& name : marker_.marks().Names()) {
    std::string source = name;
    for (const QdqMark* mark = marker_.marks().Find(source);
         mark != nullptr && !mark->same_as.empty(); mark = marker_.marks().Find(source)) {
      source = mark->same_as;
    }
    // What the model itself dequantizes has its parameters already.
    if (marker_.IsConstant(source) || dequantized_.contains(source)) continue;
    if (marker_.marks().Contains(source)) sources.emplace(name, std::move(source));
  }
  return sources;
}

std::unordered_map<std::string, std::string> ActivationSources(const QuantRequest& request) {
  std::unordered_map<std::string, std::string> sources = QdqQuantizer(request).ActivationSources();
  // What a Relu or Clip cuts off is not quantized where the node before it makes the result.
  const auto& nodes = request.model.proto.graph().node();
  for (int i = nodes.size() - 1; i >= 0; --i) {
    const onnx::NodeProto& node = nodes[i];
    if (node.op_type() != "Relu" && node.op_type() != "Clip") continue;
    if (node.input_size() == 0 || node.output_size() == 0) continue;
    const auto result = sources.find(node.output(0));
    if (result == sources.end()) continue;
    std::string source = result->second;
    sources.emplace(node.input(0), std::move(source));
  }
  return sources;
}

}  // namespace quantab
