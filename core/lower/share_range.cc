// Lets a dynamically quantized convolution find the range of its results while it makes them.
//   before:  quantab.ConvIntegerToFloat -> y;         DynamicQuantizeLinear(y) -> q, s, z
//   after:   quantab.ConvIntegerToFloat -> y, range;  quantab.DynamicQuantizeInRange(y, range)
//            -> q, s, z
#include "core/lower/lower.h"

namespace quantab {

void ShareRange(LowerGraph& graph) {
  const int count = graph.size();
  for (int i = 0; i < count; ++i) {
    if (!graph.Is(i, "DynamicQuantizeLinear")) continue;
    onnx::NodeProto quantize = graph.node(i);
    const int producer = graph.Producer(InputOf(quantize, 0));
    if (producer < 0) continue;
    onnx::NodeProto conv = graph.node(producer);
    if (conv.op_type() != "ConvIntegerToFloat" || conv.domain() != kLowerDomain) continue;
    if (conv.output_size() == 1) {
      conv.add_output(graph.NewName(OutputOf(conv, 0) + "_range"));
      graph.Replace(producer, conv);
    }
    quantize.set_op_type("DynamicQuantizeInRange");
    quantize.set_domain(kLowerDomain);
    quantize.add_input(OutputOf(conv, 1));
    graph.Replace(i, std::move(quantize));
  }
}

}  // namespace quantab
