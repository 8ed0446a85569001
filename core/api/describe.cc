// DescribeAll: the command line's surface as JSON, for JavaScript.
#include <nlohmann/json.hpp>

#include "core/api/commands.h"
#include "core/api/json.h"

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

}  // namespace

std::string DescribeAll() {
  Json out = {{"version", Version()},
              {"commands", Json::array()},
              {"commonOptions", Json::array()},
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
