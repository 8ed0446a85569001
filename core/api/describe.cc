// DescribeAll: the command line's surface as JSON, for JavaScript.
#include <nlohmann/json.hpp>

#include "core/api/commands.h"
#include "core/api/json.h"
#include "core/api/option_writer.h"
#include "core/quant/config.h"

namespace quantab {
namespace {

using Json = nlohmann::ordered_json;

Json ToObject(const OptionInfo& option) {
  return {{"name", option.name},
          {"type", option.type},
          {"valueType", option.value_type},
          {"default", Json::parse(option.default_json)},
          {"choices", option.choices},
          {"help", option.help},
          {"extraOption", option.extra_option},
          {"shortFlag", option.short_flag},
          {"metavar", option.metavar},
          {"required", option.required},
          {"repeated", option.repeated},
          {"quantizer", option.quantizer},
          {"withSamples", option.with_samples}};
}

// By configuration: the options of 'static' that have another default under it, and that default.
Json Configurations() {
  const auto written = [](const StaticOptions& options) {
    OptionWriter writer;
    Describe(options, writer);
    return writer.options();
  };
  const std::vector<WrittenOption> plain = written({});
  Json all = Json::object();
  for (const std::string& config : ConfigNames()) {
    Json own = Json::object();
    const std::vector<WrittenOption> defaults = written(DefaultsOfConfig(config));
    for (size_t i = 0; i < plain.size(); ++i) {
      if (plain[i].name == "config" || defaults[i].value == plain[i].value) continue;
      own[plain[i].name] = defaults[i].value;
    }
    all[config] = std::move(own);
  }
  return all;
}

}  // namespace

std::string DescribeAll() {
  Json out = {{"version", Version()},
              {"commands", Json::array()},
              {"commonOptions", Json::array()},
              {"configurations", Configurations()},
              {"help", HelpText()}};
  for (const OptionInfo& option : CommonOptions()) {
    out["commonOptions"].push_back(ToObject(option));
  }
  for (const CommandInfo& command : Commands()) {
    Json entry = {{"name", command.name},
                  {"help", command.help},
                  {"positionals", Json::array()},
                  {"options", Json::array()},
                  {"helpText", HelpText(command.name)}};
    for (const PositionalInfo& positional : command.positionals) {
      entry["positionals"].push_back({{"name", positional.name},
                                      {"help", positional.help},
                                      {"repeated", positional.repeated}});
    }
    for (const OptionInfo& option : command.options) {
      entry["options"].push_back(ToObject(option));
    }
    out["commands"].push_back(std::move(entry));
  }
  return out.dump();
}

}  // namespace quantab
