#include "core/api/commands.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <utility>

#include "core/api/option_types.h"
#include "core/api/option_visitors.h"
#include "core/api/quantab.h"
#include "core/api/remedy.h"
#include "core/calib/method.h"
#include "core/eval/auto_mixed_precision.h"
#include "core/eval/metric.h"
#include "core/passes/options.h"
#include "core/quant/config.h"
#include "core/quant/float16_options.h"
#include "core/quant/matmul_bnb4_options.h"
#include "core/quant/matmul_nbits_options.h"
#include "core/quant/method.h"

namespace quantab {
namespace {

// The types that the option `name` of a method can have.
std::vector<std::string> TypesOf(std::string_view option, bool is_static) {
  const bool weight = option == "weight_type";
  std::vector<std::string> names;
  for (const QuantTypeInfo& info : kQuantTypes) {
    const bool plain = info.name == "QInt8" || info.name == "QUInt8";
    if (plain || (is_static && (weight || info.bits > 4))) names.emplace_back(info.name);
  }
  return names;
}

std::vector<std::string> ChoicesOf(std::string_view option) {
  std::vector<std::string> names;
  if (option == "calibrate_method") {
    for (const auto& def : CalibMethodRegistry::Get().all()) names.emplace_back(def.name);
  } else if (option == "quant_format") {
    for (const auto& def : QuantMethodRegistry::Get().all()) {
      if (def.needs_ranges) names.emplace_back(def.name);
    }
  } else if (option == "config") {
    names = ConfigNames();
  } else if (option == "quant_type") {
    names = {"NF4", "FP4"};
  } else if (option == "calib_scenario") {
    names = {"same", "p3"};
  } else if (option == "variant") {
    names = {"quantab", "onnxruntime", "onnxconverter_common"};
  }
  return names;
}

// Visits an options struct and lists what it sees.
class Lister {
 public:
  Lister(std::vector<OptionInfo>& out, bool is_static) : out_(out), is_static_(is_static) {}

  template <class T>
  void Option(std::string_view name, const T& member, std::string_view help,
              std::string_view extra_key) {
    OptionInfo info;
    info.name = name;
    info.type = OptionTypeName<T>();
    info.help = help;
    info.extra_option = extra_key;
    info.quantizer = true;
    info.choices = ChoicesOf(name);
    if (!info.choices.empty()) info.type = "choice";
    if constexpr (std::is_same_v<T, QuantType>) {
      info.choices = TypesOf(name, is_static_);
      info.default_json = "\"" + std::string(NameOf(member)) + "\"";
    } else if constexpr (OptionTypeName<T>() == "json") {
      info.default_json = "{}";
      info.value_type = TypeText<T>();
    } else if constexpr (requires { member.has_value(); }) {
      info.default_json = "null";
    } else {
      info.default_json = nlohmann::ordered_json(member).dump();
    }
    if (info.type == "list") info.metavar = "A,B";
    if (info.type == "number") info.metavar = "X";
    if (info.type == "string") info.metavar = "TEXT";
    if (info.type == "json") info.metavar = "JSON";
    if (info.type == "choice") {
      for (const std::string& choice : info.choices) {
        info.metavar += (info.metavar.empty() ? "" : "|") + choice;
      }
    }
    info.repeated = info.type == "list";
    out_.push_back(std::move(info));
  }

 private:
  std::vector<OptionInfo>& out_;
  bool is_static_;
};

OptionInfo OutputFile() {
  return {.name = "output",
          .type = "path",
          .value_type = "",
          .default_json = "null",
          .choices = {},
          .help = "Where to write the model.",
          .extra_option = "",
          .short_flag = "o",
          .metavar = "OUT",
          .required = true,
          .repeated = false,
          .quantizer = false,
          .with_samples = false};
}

OptionInfo Flag(std::string name, std::string help) {
  OptionInfo info;
  info.name = std::move(name);
  info.type = "bool";
  info.default_json = "false";
  info.help = std::move(help);
  return info;
}

OptionInfo Number(std::string name, std::string metavar, std::string default_json,
                  std::string help) {
  OptionInfo info;
  info.name = std::move(name);
  info.type = "number";
  info.metavar = std::move(metavar);
  info.default_json = std::move(default_json);
  info.help = std::move(help);
  return info;
}

OptionInfo Path(std::string name, std::string metavar, bool required, std::string help) {
  OptionInfo info;
  info.name = std::move(name);
  info.type = "path";
  info.metavar = std::move(metavar);
  info.default_json = "null";
  info.required = required;
  info.help = std::move(help);
  return info;
}

OptionInfo Metric() {
  OptionInfo info;
  info.name = "metric";
  info.type = "choice";
  info.default_json = "\"sqnr_db\"";
  info.help = "What outputs are judged by; of several outputs the worst counts.";
  for (const MetricDef& metric : MetricRegistry::Get().all()) {
    if (metric.name.starts_with("reference_")) continue;
    info.choices.emplace_back(metric.name);
    info.metavar += (info.metavar.empty() ? "" : "|") + std::string(metric.name);
  }
  return info;
}

OptionInfo RemedyOption() {
  OptionInfo info;
  info.name = "remedy";
  info.type = "choice";
  info.default_json = "\"float\"";
  info.choices = RemedyNames();
  info.metavar = "float|16-bit";
  info.help =
      "What nodes get that do not bear quantization: 'float' leaves them as they are; '16-bit' "
      "gives their activations QUInt16 instead of QUInt8, or QInt16 instead of QInt8 "
      "(quantize_static in QDQ format only).";
  return info;
}

template <class Options>
void AddOptionsOf(CommandInfo& command) {
  const Options defaults;
  Lister lister(command.options, std::is_same_v<Options, StaticOptions>);
  Describe(defaults, lister);
}

// Those of the plain conversion, and behind them those of the search for mixed precision.
void AddFloat16Options(CommandInfo& command) {
  CommandInfo plain;
  AddOptionsOf<Float16Options>(plain);
  const size_t first = command.options.size() + plain.options.size();
  AddOptionsOf<AutoMixedPrecisionOptions>(command);
  for (size_t i = first; i < command.options.size(); ++i) {
    OptionInfo& option = command.options[i];
    option.with_samples = true;
    option.help += " Needs samples.";
  }
}

// What the commands that make a model of another have in common. `steps`: they can pre-process it.
void AddConversionOptions(CommandInfo& command, bool steps) {
  if (steps) {
    command.options.push_back(
        Flag("pre_process", "First do what 'quantab preprocess' does, with its usual steps."));
  }
  command.options.push_back(Path("recipe", "FILE", false,
                                 "A recipe (JSON) to take options from; those given here as well "
                                 "count more."));
  command.options.push_back(
      Flag("print_recipe", "Print the recipe, and the same as Python, after the result."));
  command.options.push_back(
      Flag("use_external_data_format", "Write the weights to OUT.data beside the model."));
}

OptionInfo ExtraOptions() {
  OptionInfo info;
  info.name = "extra_options";
  info.type = "json";
  info.value_type = "Record<string, unknown>";
  info.default_json = "{}";
  info.metavar = "JSON";
  info.help = "Some of the above by onnxruntime's names: '{\"ActivationSymmetric\": true}'.";
  info.quantizer = true;
  return info;
}

constexpr std::string_view kDataHelp =
    "Samples: one .npz per sample (keyed by input name), one .npy or .pb per sample (models with "
    "one input), or test_data_set_*/input_N.pb. Sorted by name, numbers in it by value.";

// Of the commands that take samples.
OptionInfo PreprocessFile() {
  return Path(
      "preprocess", "FILE", false,
      "How pictures, sounds, texts and tables become inputs (JSON); guessed without it. For "
      "npx quantab: the native program reads arrays only.");
}

std::vector<CommandInfo> MakeCommands() {
  std::vector<CommandInfo> commands;
  const PositionalInfo model{.name = "MODEL", .help = "An ONNX model.", .repeated = false};

  CommandInfo inspect{.name = "inspect",
                      .help = "Say what a model is: inputs, outputs, operators, weights.",
                      .positionals = {model},
                      .options = {Flag("nodes", "List every node as well.")}};
  commands.push_back(std::move(inspect));

  CommandInfo ops{.name = "ops",
                  .help = "List the operators that can run here.",
                  .positionals = {},
                  .options = {}};
  commands.push_back(std::move(ops));

  CommandInfo dynamic{.name = "dynamic",
                      .help =
                          "Quantize weights now and activations at run time "
                          "(quantize_dynamic).",
                      .positionals = {model},
                      .options = {OutputFile()}};
  AddOptionsOf<DynamicOptions>(dynamic);
  dynamic.options.push_back(ExtraOptions());
  AddConversionOptions(dynamic, true);
  commands.push_back(std::move(dynamic));

  CommandInfo statics{
      .name = "static",
      .help =
          "Quantize weights and activations, with ranges measured on samples "
          "(quantize_static).",
      .positionals = {model},
      .options = {OutputFile(), Path("calibration_data", "DIR", false, std::string(kDataHelp)),
                  PreprocessFile(),
                  Path("calibration_cache_path", "FILE", false,
                       "Measured ranges: taken from this file when it is there, else written to "
                       "it. As text, or, if it ends in .json, in onnxruntime's form."),
                  Path("calibration_table", "DIR", false,
                       "Write the ranges as TensorRT's tables to this folder as well: "
                       "calibration.json, calibration.flatbuffers and calibration.cache.")}};
  AddOptionsOf<StaticOptions>(statics);
  statics.options.push_back(ExtraOptions());
  AddConversionOptions(statics, true);
  commands.push_back(std::move(statics));

  CommandInfo nbits{
      .name = "nbits",
      .help =
          "Quantize the weights of MatMul to 4 bits, or 2 or 8, in blocks, and nothing "
          "else (MatMulNBitsQuantizer).",
      .positionals = {model},
      .options = {OutputFile()}};
  AddOptionsOf<MatMulNBitsOptions>(nbits);
  AddConversionOptions(nbits, true);
  commands.push_back(std::move(nbits));

  CommandInfo bnb4{.name = "bnb4",
                   .help =
                       "Quantize the weights of MatMul to float4 as bitsandbytes does, and nothing "
                       "else (MatMulBnb4Quantizer).",
                   .positionals = {model},
                   .options = {OutputFile()}};
  AddOptionsOf<MatMulBnb4Options>(bnb4);
  AddConversionOptions(bnb4, true);
  commands.push_back(std::move(bnb4));

  CommandInfo float16{.name = "float16",
                      .help =
                          "Convert to half precision (convert_float_to_float16); with samples, "
                          "all but what would then be wrong (auto_convert_mixed_precision).",
                      .positionals = {model},
                      .options = {OutputFile(),
                                  Path("calibration_data", "DIR", false,
                                       "Find on these samples which nodes have to stay in "
                                       "float32. " +
                                           std::string(kDataHelp)),
                                  PreprocessFile()}};
  AddFloat16Options(float16);
  AddConversionOptions(float16, true);
  commands.push_back(std::move(float16));

  CommandInfo preprocess{
      .name = "preprocess",
      .help = "Make a model fit for quantization: infer, fold, fuse (quant_pre_process).",
      .positionals = {model},
      .options = {OutputFile()}};
  AddOptionsOf<PreProcessOptions>(preprocess);
  AddConversionOptions(preprocess, false);
  commands.push_back(std::move(preprocess));

  OptionInfo input =
      Path("input", "NAME=FILE", false,
           "An input's value: .npy, .pb or .npz. Without NAME=, a .npz with an array "
           "for each input it is named after. May be given several times, once for "
           "each input.");
  input.repeated = true;
  CommandInfo run{.name = "run",
                  .help = "Run a model once and keep its outputs.",
                  .positionals = {model},
                  .options = {std::move(input), Path("output_dir", "DIR", true,
                                                     "Where to write one .npy file per output.")}};
  commands.push_back(std::move(run));

  CommandInfo compare{
      .name = "compare",
      .help = "Run two forms of a model on the same samples and measure how far apart they are.",
      .positionals = {{.name = "FLOAT", .help = "The reference model.", .repeated = false},
                      {.name = "QUANT", .help = "The model to judge.", .repeated = false}},
      .options = {
          Path("data", "DIR", true, std::string(kDataHelp)), PreprocessFile(),
          Path("labels", "FILE", false,
               "The samples' classes, to measure accuracy by: a line for each sample, in their "
               "order, with the index of its class, counted from 0; or in any order its name, a "
               "comma or a tab, and the index. 'npx quantab' takes names of classes, tables, "
               "JSON and classes in folders, too.")}};
  commands.push_back(std::move(compare));

  CommandInfo layers{
      .name = "layers",
      .help =
          "Say of each value and weight of a quantized model how far it is from the float one's, "
          "and how much of that arises in the layer itself.",
      .positionals = {{.name = "FLOAT", .help = "The float model.", .repeated = false},
                      {.name = "QUANT", .help = "What was made of it.", .repeated = false}},
      .options = {Path("calibration_data", "DIR", true, std::string(kDataHelp)), PreprocessFile()}};
  commands.push_back(std::move(layers));

  const OptionInfo judged_recipe = Path(
      "recipe", "FILE", false,
      "How to quantize: a recipe (JSON) of a method that quantizes. Without it, quantize_static "
      "with its usual options.");
  const OptionInfo judged_labels =
      Path("labels", "FILE", false,
           "The samples' classes, for metrics of accuracy, as 'quantab compare' takes them.");
  CommandInfo sensitivity{
      .name = "sensitivity",
      .help = "Say what it costs to quantize each node of a model alone, the worst first.",
      .positionals = {model},
      .options = {Path("calibration_data", "DIR", true, std::string(kDataHelp)), PreprocessFile(),
                  judged_recipe, Metric(), judged_labels}};
  commands.push_back(std::move(sensitivity));

  OptionInfo target =
      Number("target", "X", "null", "The value of the metric that is wanted, or a better one.");
  target.required = true;
  OptionInfo written = OutputFile();
  written.required = false;
  CommandInfo suggest{
      .name = "suggest",
      .help =
          "Find few nodes to keep in float, or in 16 bits, for a quantized model to be good "
          "enough.",
      .positionals = {model},
      .options = {
          Path("calibration_data", "DIR", true, std::string(kDataHelp)), PreprocessFile(),
          judged_recipe, Metric(), std::move(target), RemedyOption(), judged_labels,
          Number("max_trials", "N", "64",
                 "Quantized models to try on the samples, at most, 1 to 10000."),
          Number("runs", "N", "20", "How often the models are timed in the end, 0 to 1000000."),
          std::move(written),
          Flag("print_recipe", "Print the recipe that makes the model, and the same as Python.")}};
  commands.push_back(std::move(suggest));

  CommandInfo try_all{
      .name = "try",
      .help =
          "Quantize a model in several ways and show size, speed and accuracy of each, and which "
          "are best.",
      .positionals = {model},
      .options = {
          Path("calibration_data", "DIR", true, std::string(kDataHelp)), PreprocessFile(),
          Path("recipes", "FILE", true, "Recipes (JSON): an object of them by name, or an array."),
          Metric(), judged_labels,
          Number("runs", "N", "20", "How often the models are timed in the end, 0 to 1000000.")}};
  commands.push_back(std::move(try_all));

  CommandInfo bench{
      .name = "bench",
      .help = "Time models, a run of each in turn.",
      .positionals = {{.name = "MODEL", .help = "An ONNX model.", .repeated = true}},
      .options = {Number("runs", "N", "20", "Counted runs, 1 to 1000000."),
                  Number("warmup", "N", "2", "Runs before them that do not count, 0 to 1000000."),
                  Path("data", "DIR", false,
                       "Take the first sample here; without it, made-up data is used."),
                  PreprocessFile(),
                  Flag("profile",
                       "Say for each node how much of the time it takes, and with which "
                       "kernels.")}};
  commands.push_back(std::move(bench));
  return commands;
}

std::string Wrapped(std::string_view text, size_t indent, size_t width) {
  std::string out;
  size_t column = indent;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (column > indent && column + 1 + word.size() > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    at = end + 1;
  }
  return out;
}

constexpr size_t kHelpIndent = 6;
constexpr size_t kHelpWidth = 92;

std::string OptionHelp(const OptionInfo& option) {
  std::string line = "  ";
  if (!option.short_flag.empty()) line += "-" + option.short_flag + ", ";
  line += FlagOf(option.name);
  if (!option.metavar.empty()) line += " " + option.metavar;
  std::string help = option.help;
  if (option.required) {
    help += " Required.";
  } else if (option.type != "bool" && option.default_json != "null" &&
             option.default_json != "[]" && option.default_json != "{}") {
    help += " Default: " + nlohmann::ordered_json::parse(option.default_json).dump() + ".";
  }
  return line + "\n" + std::string(kHelpIndent, ' ') + Wrapped(help, kHelpIndent, kHelpWidth) +
         "\n";
}

std::string Overview() {
  std::string out = "quantab " + Version() +
                    ": quantizes ONNX models on this machine, and nowhere else.\n\n"
                    "Usage: quantab COMMAND [arguments]\n\nCommands:\n";
  for (const CommandInfo& command : Commands()) {
    out += "  " + command.name + std::string(12 - command.name.size(), ' ') +
           Wrapped(command.help, 14, kHelpWidth) + "\n";
  }
  out +=
      "\n'quantab COMMAND --help' says what a command takes. Results go to standard output, "
      "progress\nand messages to standard error. Exit status: 0 done, 1 failed, 2 wrong usage.\n";
  return out;
}

}  // namespace

const std::vector<CommandInfo>& Commands() {
  static const std::vector<CommandInfo> commands = MakeCommands();
  return commands;
}

const std::vector<OptionInfo>& CommonOptions() {
  static const std::vector<OptionInfo> options = {
      Number("threads", "N", "null",
             "How many threads may compute, 1 to 64; unset, as many as the machine has, up to 4. "
             "Results do not depend on it."),
      Flag("json", "Print the result as JSON."), Flag("quiet", "Print no progress."),
      Flag("help", "Print this text.")};
  return options;
}

std::string FlagOf(std::string_view name) {
  std::string flag = "--" + std::string(name);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

std::string HelpText(std::string_view name) {
  if (name.empty()) return Overview();
  for (const CommandInfo& command : Commands()) {
    if (command.name != name) continue;
    std::string out = command.help + "\n\nUsage: quantab " + command.name;
    for (const PositionalInfo& positional : command.positionals) {
      out += " " + positional.name + (positional.repeated ? "..." : "");
    }
    out += " [options]\n";
    if (!command.positionals.empty()) out += "\nArguments:\n";
    for (const PositionalInfo& positional : command.positionals) {
      out += "  " + positional.name + "\n" + std::string(kHelpIndent, ' ') + positional.help + "\n";
    }
    out += "\nOptions:\n";
    for (const OptionInfo& option : command.options) out += OptionHelp(option);
    for (const OptionInfo& option : CommonOptions()) out += OptionHelp(option);
    return out;
  }
  ThrowInvalidArgument("There is no command '" + std::string(name) +
                       "'. 'quantab --help' lists the commands.");
}

}  // namespace quantab
