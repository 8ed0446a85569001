// quantab inspect MODEL: what a model is.
#include "core/api/files.h"
#include "core/api/json.h"
#include "core/cli/command.h"
#include "core/cli/console.h"

namespace quantab {
namespace {

std::string ShapeText(const ValueSummary& value) {
  if (!value.has_shape) return "?";
  std::string out = "[";
  for (size_t i = 0; i < value.shape.size(); ++i) out += (i > 0 ? "," : "") + value.shape[i];
  return out + "]";
}

std::string Join(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + item;
  return out;
}

std::string Run(const Invocation& invocation) {
  const Model model = OpenModelFile(invocation.positionals[0], invocation.monitor);
  const ModelInfo info = Inspect(model);
  for (const std::string& warning : info.warnings) {
    invocation.monitor->OnLog(LogLevel::kWarning, warning);
  }
  if (invocation.json) return ToJson(info) + "\n";
  std::string out = "model       " + invocation.positionals[0] + "\n";
  out += "size        " + HumanBytes(info.file_bytes) + ", " + std::to_string(info.parameters) +
         " parameters" + (info.external_data ? ", external data" : "") + "\n";
  out += "producer    " + info.producer_name + " " + info.producer_version + "\n";
  out += "opset      ";
  for (const auto& [domain, version] : info.opsets) {
    out += " " + domain + " " + std::to_string(version);
  }
  out += " (IR " + std::to_string(info.ir_version) + ")\n\n";
  std::vector<std::vector<std::string>> values = {{"", "name", "type", "shape"}};
  for (const ValueSummary& value : info.inputs) {
    values.push_back({"input", value.name, value.dtype, ShapeText(value)});
  }
  for (const ValueSummary& value : info.outputs) {
    values.push_back({"output", value.name, value.dtype, ShapeText(value)});
  }
  out += Table(values) + "\n";
  std::vector<std::vector<std::string>> operators = {{"operator", "count", "parameters", "bytes"}};
  for (const OperatorSummary& op : info.operators) {
    const std::string name = op.domain == "ai.onnx" ? op.op_type : op.domain + ":" + op.op_type;
    operators.push_back(
        {name, std::to_string(op.count), std::to_string(op.parameters), HumanBytes(op.bytes)});
  }
  out += Table(operators);
  if (invocation.Flag("nodes")) {
    out += "\n";
    for (const NodeSummary& node : info.nodes) {
      out += "#" + std::to_string(node.index) + " " + node.op_type + " '" + node.name +
             "': " + Join(node.inputs) + " -> " + Join(node.outputs) + "\n";
    }
  }
  for (const UnsupportedNode& node : info.unsupported) {
    out += "cannot run here: node '" + node.node + "' (" + node.domain + ":" + node.op_type +
           ", opset " + std::to_string(node.opset) + ")\n";
  }
  return out;
}

}  // namespace

QUANTAB_REGISTER(commands, inspect) { r.Add({.name = "inspect", .run = Run}); }

}  // namespace quantab
