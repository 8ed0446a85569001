// ToPython: a recipe as a call of the Python tools.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "core/api/option_writer.h"
#include "core/api/recipe.h"

namespace quantab {
namespace {

using Json = nlohmann::ordered_json;

// Options whose values are members of an enumeration.
constexpr std::array<std::array<std::string_view, 2>, 5> kEnumerations = {{
    {"quant_type", "QuantType"},
    {"weight_type", "QuantType"},
    {"activation_type", "QuantType"},
    {"quant_format", "QuantFormat"},
    {"calibrate_method", "CalibrationMethod"},
}};

// What the functions of ready-made configurations call options; empty where they do not take them.
struct ConfigArgument {
  std::string_view option, of_qdq, of_qnn;
};
constexpr ConfigArgument kConfigArguments[] = {
    {"op_types_to_quantize", "op_types_to_quantize", "op_types_to_quantize"},
    {"per_channel", "per_channel", "per_channel"},
    {"reduce_range", "reduce_range", ""},
    {"activation_type", "activation_type", "activation_type"},
    {"weight_type", "weight_type", "weight_type"},
    {"nodes_to_exclude", "nodes_to_exclude", "nodes_to_exclude"},
    {"calibrate_method", "calibrate_method", "calibrate_method"},
    {"activation_symmetric", "activation_symmetric", "activation_symmetric"},
    {"weight_symmetric", "weight_symmetric", "weight_symmetric"},
    {"minimum_real_range", "min_real_range", ""},
    {"qdq_keep_removable_activations", "keep_removable_activations", "keep_removable_activations"},
    {"tensor_quant_overrides", "tensor_quant_overrides", "init_overrides"},
    {"add_qtype_converts", "", "add_qtype_converts"},
    {"calib_strided_min_max", "", "stride"},
};

// What Python's tools have no counterpart for.
const std::set<std::string>& WithoutCounterpart() {
  static const std::set<std::string> names = {"calib_num_bins",
                                              "calib_num_quantized_bins",
                                              "calib_scenario",
                                              "calib_per_channel",
                                              "cross_layer_equalization",
                                              "bias_correction",
                                              "add_qtype_converts",
                                              "skip_passes",
                                              "optional_passes",
                                              "dim_params",
                                              "input_shapes",
                                              "opset_version",
                                              "inputs_to_make_channel_last",
                                              "outputs_to_make_channel_last"};
  return names;
}

std::string Indent(int depth) { return std::string(static_cast<size_t>(depth) * 4, ' '); }

std::string Quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::string EnumerationOf(const std::string& name) {
  for (const auto& [option, type] : kEnumerations) {
    if (option == name) return std::string(type) + ".";
  }
  return "";
}

// `value` of the option `name` as a Python expression.
std::string Expression(const std::string& name, const Json& value, std::set<std::string>& imports) {
  if (value.is_null()) return "None";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_string()) {
    const std::string type = EnumerationOf(name);
    if (type.empty()) return Quoted(value.get<std::string>());
    imports.insert(type.substr(0, type.size() - 1));
    return type + value.get<std::string>();
  }
  if (value.is_number()) return value.dump();
  std::string items;
  for (const auto& [key, inner] : value.items()) {
    items += items.empty() ? "" : ", ";
    if (value.is_object()) items += Quoted(key) + ": ";
    items += Expression(value.is_object() ? key : name, inner, imports);
  }
  // The names of readers are a set.
  return value.is_object() || name == "recv_nodes" ? "{" + items + "}" : "[" + items + "]";
}

struct Call {
  std::string comments;   // lines about what is left out
  std::string arguments;  // lines, indented
  std::set<std::string> imports;
};

bool HasCounterpart(const WrittenOption& option) {
  return !WithoutCounterpart().contains(option.name) &&
         !(option.name == "calibrate_method" && option.value == "MSE");
}

std::string CommentOn(const WrittenOption& option) {
  return "# Without a counterpart here: " + option.name + " = " + option.value.dump() + "\n";
}

Call ArgumentsOf(const std::vector<WrittenOption>& options) {
  Call call;
  std::string extra;
  for (const WrittenOption& option : options) {
    if (!HasCounterpart(option)) {
      call.comments += CommentOn(option);
      continue;
    }
    const std::string value = Expression(option.name, option.value, call.imports);
    if (option.extra_key.empty()) {
      call.arguments += Indent(1) + option.name + "=" + value + ",\n";
    } else {
      extra += Indent(2) + Quoted(option.extra_key) + ": " + value + ",\n";
    }
  }
  if (!extra.empty())
    call.arguments += Indent(1) + "extra_options={\n" + extra + Indent(1) + "},\n";
  return call;
}

std::string ImportsFrom(const std::string& module, const std::set<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return "from " + module + " import " + list + "\n";
}

constexpr std::string_view kModel = "\"model.onnx\"";
constexpr std::string_view kPrepared = "\"model.prepared.onnx\"";
constexpr std::string_view kResult = "\"model.quantized.onnx\"";

std::string PreProcessCall(const PreProcessOptions& options, std::string_view out) {
  const Call call = ArgumentsOf(ChangedOptions(options));
  return call.comments + "quant_pre_process(\n" + Indent(1) + std::string(kModel) + ",\n" +
         Indent(1) + std::string(out) + ",\n" + call.arguments + ")\n";
}

std::string QuantizeCall(const std::string& function, std::string_view in,
                         const std::vector<WrittenOption>& options, bool needs_samples,
                         std::set<std::string>& imports) {
  const Call call = ArgumentsOf(options);
  imports.insert(call.imports.begin(), call.imports.end());
  imports.insert(function);
  if (needs_samples) imports.insert("CalibrationDataReader");
  return call.comments + function + "(\n" + Indent(1) + std::string(in) + ",\n" + Indent(1) +
         std::string(kResult) + ",\n" +
         (needs_samples ? Indent(1) + "calibration_data_reader=reader,\n" : "") + call.arguments +
         ")\n";
}

std::string_view ArgumentOfConfig(const std::string& option, bool qnn) {
  for (const ConfigArgument& argument : kConfigArguments) {
    if (argument.option == option) return qnn ? argument.of_qnn : argument.of_qdq;
  }
  return "";
}

// A call of a configuration's function, what it does not take, and the quantization by it.
std::string ConfiguredCall(const StaticOptions& options, std::string_view in,
                           std::set<std::string>& imports) {
  const bool qnn = options.config == "qnn";
  std::string comments, arguments, changes;
  for (const WrittenOption& option : ChangedOptions(options)) {
    if (option.name == "config") continue;
    const std::string_view argument = ArgumentOfConfig(option.name, qnn);
    const bool known = option.name == "add_qtype_converts" ? qnn : HasCounterpart(option);
    if (!known) {
      comments += CommentOn(option);
      continue;
    }
    const std::string value = Expression(option.name, option.value, imports);
    if (!argument.empty()) {
      arguments += Indent(1) + std::string(argument) + "=" + value + ",\n";
    } else if (option.extra_key.empty()) {
      changes += "config." + option.name + " = " + value + "\n";
    } else {
      changes += "config.extra_options[" + Quoted(option.extra_key) + "] = " + value + "\n";
    }
  }
  imports.insert({"CalibrationDataReader", "quantize"});
  if (!qnn) imports.insert("get_qdq_config");
  return comments + "config = " + (qnn ? "get_qnn_qdq_config" : "get_qdq_config") + "(\n" +
         Indent(1) + std::string(in) + ",\n" + Indent(1) + "calibration_data_reader=reader,\n" +
         arguments + ")\n" + changes + "quantize(" + std::string(in) + ", " + std::string(kResult) +
         ", config)\n";
}

// The two libraries' functions take different arguments.
std::vector<WrittenOption> Float16Arguments(const Float16Options& options) {
  const bool converter = options.variant == "onnxconverter_common";
  std::vector<WrittenOption> arguments;
  for (WrittenOption& option : ChangedOptions(options)) {
    if (option.name == "variant" || (option.name == "check_fp16_ready" && !converter)) continue;
    if (option.name == "keep_io_names") option.name = "keep_io_types";
    arguments.push_back(std::move(option));
  }
  return arguments;
}

std::string Float16Call(const Float16Options& options, std::string_view in) {
  const Call call = ArgumentsOf(Float16Arguments(options));
  const std::string module = options.variant == "onnxconverter_common"
                                 ? "onnxconverter_common.float16"
                                 : "onnxruntime.transformers.float16";
  return "import onnx\n" + ImportsFrom(module, {"convert_float_to_float16"}) + "\n" +
         call.comments + "model = convert_float_to_float16(\n" + Indent(1) + "onnx.load(" +
         std::string(in) + "),\n" + call.arguments + ")\nonnx.save(model, " + std::string(kResult) +
         ")\n";
}

// That function takes tolerances and one of float16's options.
std::string MixedPrecisionCall(const AutoMixedPrecisionOptions& options, std::string_view in) {
  std::vector<WrittenOption> arguments;
  std::string comments;
  for (const WrittenOption& option : ChangedOptions(options)) {
    if (option.name == "rtol" || option.name == "atol") continue;
    if (option.name == "keep_io_types") {
      arguments.push_back(option);
    } else {
      comments += CommentOn(option);
    }
  }
  const std::string function = "auto_convert_mixed_precision";
  return "import onnx\n" + ImportsFrom("onnxconverter_common.auto_mixed_precision", {function}) +
         "\n" + comments +
         "# `sample` is a dict of arrays by input name; only one can be given.\n" +
         "model = " + function + "(\n" + Indent(1) + "onnx.load(" + std::string(in) + "),\n" +
         Indent(1) + "sample,\n" + Indent(1) + "rtol=" + ToJsonValue(options.rtol).dump() + ",\n" +
         Indent(1) + "atol=" + ToJsonValue(options.atol).dump() + ",\n" +
         ArgumentsOf(arguments).arguments + ")\nonnx.save(model, " + std::string(kResult) + ")\n";
}

// A call of a weight-only quantizer, whose options are its class's.
std::string WeightOnlyCall(const std::string& name, const std::string& module,
                           const std::vector<WrittenOption>& options, std::string_view in) {
  const Call call = ArgumentsOf(options);
  std::string text = "import onnx\n";
  if (!call.imports.empty()) text += ImportsFrom("onnxruntime.quantization", call.imports);
  return text + ImportsFrom("onnxruntime.quantization." + module, {name}) + "\n" + call.comments +
         "quantizer = " + name + "(\n" + Indent(1) + "onnx.load(" + std::string(in) + "),\n" +
         call.arguments + ")\nquantizer.process()\nonnx.save(quantizer.model.model, " +
         std::string(kResult) + ")\n";
}

std::string Bnb4Call(const MatMulBnb4Options& options, std::string_view in) {
  // That class has no defaults.
  std::string text = WeightOnlyCall("MatMulBnb4Quantizer", "matmul_bnb4_quantizer", {}, in);
  std::string arguments = Indent(1) + "quant_type=MatMulBnb4Quantizer." + options.quant_type +
                          ",\n" + Indent(1) + "block_size=" + std::to_string(options.block_size) +
                          ",\n";
  if (!options.nodes_to_exclude.empty()) {
    std::set<std::string> imports;
    arguments += Indent(1) + "nodes_to_exclude=" +
                 Expression("nodes_to_exclude", ToJsonValue(options.nodes_to_exclude), imports) +
                 ",\n";
  }
  return text.insert(text.find(")\nquantizer.process"), arguments);
}

constexpr std::string_view kReader =
    "\n\nclass Reader(CalibrationDataReader):\n"
    "    \"\"\"Gives one sample after another: a dict of arrays by input name; then None.\"\"\"\n\n"
    "    def __init__(self, samples):\n"
    "        self.samples = iter(samples)\n\n"
    "    def get_next(self):\n"
    "        return next(self.samples, None)\n\n\n"
    "reader = Reader(samples)\n";

}  // namespace

std::string ToPython(const Recipe& recipe) {
  std::set<std::string> imports;
  std::string body;
  const bool prepared = recipe.pre_process.has_value();
  const std::string_view in = prepared ? kPrepared : kModel;
  const bool alone = recipe.method == RecipeMethod::kPreProcess;
  if (prepared) {
    imports.insert("quant_pre_process");
    body += PreProcessCall(*recipe.pre_process, alone ? kResult : kPrepared);
  }
  std::string more_imports;
  if (recipe.method == RecipeMethod::kStatic && recipe.static_options.config != "none") {
    body = std::string(kReader) + body + ConfiguredCall(recipe.static_options, in, imports);
    if (recipe.static_options.config == "qnn") {
      more_imports =
          ImportsFrom("onnxruntime.quantization.execution_providers.qnn", {"get_qnn_qdq_config"});
    }
  } else if (recipe.method == RecipeMethod::kStatic) {
    body =
        std::string(kReader) + body +
        QuantizeCall("quantize_static", in, ChangedOptions(recipe.static_options), true, imports);
  } else if (recipe.method == RecipeMethod::kDynamic) {
    body += QuantizeCall("quantize_dynamic", in, ChangedOptions(recipe.dynamic_options), false,
                         imports);
  }
  std::string text =
      imports.empty() ? "" : ImportsFrom("onnxruntime.quantization", imports) + more_imports + body;
  if (recipe.method == RecipeMethod::kMatMulNBits) {
    text += (text.empty() ? "" : "\n") + WeightOnlyCall("MatMulNBitsQuantizer",
                                                        "matmul_nbits_quantizer",
                                                        ChangedOptions(recipe.nbits_options), in);
  } else if (recipe.method == RecipeMethod::kMatMulBnb4) {
    text += (text.empty() ? "" : "\n") + Bnb4Call(recipe.bnb4_options, in);
  } else if (recipe.method == RecipeMethod::kFloat16) {
    text += (text.empty() ? "" : "\n") + Float16Call(recipe.float16_options, in);
  } else if (recipe.method == RecipeMethod::kMixedPrecision) {
    text += (text.empty() ? "" : "\n") + MixedPrecisionCall(recipe.mixed_precision_options, in);
  }
  if (recipe.float16_after) text += "\n" + Float16Call(*recipe.float16_after, kResult);
  return text;
}

}  // namespace quantab
