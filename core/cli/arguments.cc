// Arguments by the description in core/api/commands.h.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

#include "core/cli/command.h"

namespace quantab {
namespace {

// "A,B" to {"A", "B"}; a comma that belongs to a name is written "\,".
std::vector<std::string> SplitList(const std::vector<std::string>& texts) {
  std::vector<std::string> items;
  for (const std::string& text : texts) {
    std::string item;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ',') {
        item += text[++i];
      } else if (text[i] == ',') {
        if (!item.empty()) items.push_back(item);
        item.clear();
      } else {
        item += text[i];
      }
    }
    if (!item.empty()) items.push_back(item);
  }
  return items;
}

double ParseNumber(const OptionInfo& option, const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw UsageError("'" + FlagOf(option.name) + "' is '" + text + "', expected a number.");
  }
  return value;
}

bool ParseBool(const OptionInfo& option, const std::string& text) {
  if (text.empty() || text == "true") return true;
  if (text == "false") return false;
  throw UsageError("'" + FlagOf(option.name) + "' is '" + text + "', expected true or false.");
}

nlohmann::json ValueOf(const OptionInfo& option, const std::vector<std::string>& texts) {
  if (option.type == "bool") return ParseBool(option, texts.back());
  if (option.type == "number") return ParseNumber(option, texts.back());
  if (option.type == "list") return SplitList(texts);
  return texts.back();
}

const CommandInfo* FindCommand(const std::string& name) {
  for (const CommandInfo& command : Commands()) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

std::vector<OptionInfo> AllOptions(const CommandInfo& command) {
  std::vector<OptionInfo> options = command.options;
  options.insert(options.end(), CommonOptions().begin(), CommonOptions().end());
  return options;
}

void CheckChoices(const OptionInfo& option, const std::vector<std::string>& values) {
  if (option.type != "choice") return;
  const std::vector<std::string>& choices = option.choices;
  for (const std::string& value : values) {
    if (std::find(choices.begin(), choices.end(), value) != choices.end()) continue;
    std::string list;
    for (const std::string& choice : choices) list += (list.empty() ? "'" : ", '") + choice + "'";
    throw UsageError("'" + FlagOf(option.name) + "' is '" + value + "', expected one of " + list +
                     ".");
  }
}

}  // namespace

std::string Invocation::Value(const std::string& name, const std::string& otherwise) const {
  const auto found = values.find(name);
  return found == values.end() || found->second.empty() ? otherwise : found->second.back();
}

int64_t Invocation::Integer(const std::string& name, int64_t otherwise) const {
  if (!Has(name)) return otherwise;
  const std::string text = Value(name);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) {
    throw UsageError("'" + FlagOf(name) + "' is '" + text + "', expected a whole number.");
  }
  return value;
}

std::string Invocation::QuantizerOptions() const {
  nlohmann::json object = nlohmann::json::object();
  for (const OptionInfo& option : command->options) {
    const auto found = values.find(option.name);
    if (option.quantizer && found != values.end()) {
      object[option.name] = ValueOf(option, found->second);
    }
  }
  return object.dump();
}

Invocation ParseArguments(const std::vector<std::string>& arguments) {
  Invocation invocation;
  invocation.command = arguments.empty() ? nullptr : FindCommand(arguments.front());
  if (invocation.command == nullptr) {
    throw UsageError(arguments.empty()
                         ? "No command was given. 'quantab --help' lists the commands."
                         : "There is no command '" + arguments.front() +
                               "'. 'quantab --help' lists the commands.");
  }
  const CommandInfo& command = *invocation.command;
  CLI::App app;
  app.set_help_flag();
  std::map<std::string, std::vector<std::string>> values;
  std::map<std::string, bool> flags;
  const std::vector<OptionInfo> options = AllOptions(command);
  for (const OptionInfo& option : options) {
    std::string flag = FlagOf(option.name);
    if (!option.short_flag.empty()) flag = "-" + option.short_flag + "," + flag;
    if (option.type == "bool") {
      // "--flag" and "--flag=false" both work; the flag's text is kept for ValueOf.
      app.add_flag(flag, values[option.name])
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    } else {
      app.add_option(flag, values[option.name])
          ->expected(1)
          ->multi_option_policy(option.repeated ? CLI::MultiOptionPolicy::TakeAll
                                                : CLI::MultiOptionPolicy::TakeLast);
    }
  }
  std::vector<std::string> positionals;
  app.add_option("positionals", positionals);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend() - 1));
  } catch (const CLI::ParseError& e) {
    throw UsageError(std::string(e.what()) + ". 'quantab " + command.name +
                     " --help' says what it takes.");
  }
  for (auto& [name, texts] : values) {
    if (!texts.empty()) invocation.values[name] = texts;
  }
  invocation.json = invocation.Has("json");
  invocation.positionals = positionals;
  if (invocation.Has("help")) return invocation;

  const bool open_ended = command.positionals.back().repeated;
  const size_t wanted = command.positionals.size();
  if (positionals.size() < wanted || (positionals.size() > wanted && !open_ended)) {
    throw UsageError("'quantab " + command.name + "' takes " + std::to_string(wanted) +
                     (open_ended ? " or more" : "") + " argument" + (wanted == 1 ? "" : "s") +
                     ", got " + std::to_string(positionals.size()) + ". 'quantab " + command.name +
                     " --help' says which.");
  }
  for (const OptionInfo& option : options) {
    const auto found = invocation.values.find(option.name);
    if (found == invocation.values.end()) {
      if (option.required) {
        throw UsageError("'" + FlagOf(option.name) + "' is missing. 'quantab " + command.name +
                         " --help' says what it is.");
      }
      continue;
    }
    CheckChoices(option, found->second);
    ValueOf(option, found->second);
  }
  return invocation;
}

}  // namespace quantab
