// Arguments by the description in core/api/commands.h. The Node program's arguments.ts has the same
// rules and the same words; tests/package/fixtures/cli.json holds both to them.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

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

[[noreturn]] void Unexpected(const std::string& what, const std::string& text,
                             const std::string& expected) {
  throw UsageError("'" + what + "' is '" + text + "', expected " + expected + ".");
}

// Takes decimal digits off the front of `text` and returns how many there were.
size_t TakeDigits(std::string_view& text) {
  const size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(count);
  return count;
}

// "-1", "0.25", ".5", "1e-3": the notation both programs read alike, so no "0x10" and no "inf".
bool IsDecimal(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  size_t digits = TakeDigits(text);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    digits += TakeDigits(text);
  }
  if (digits == 0) return false;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (TakeDigits(text) == 0) return false;
  }
  return text.empty();
}

double ParseNumber(const OptionInfo& option, const std::string& text) {
  const double value = IsDecimal(text) ? std::strtod(text.c_str(), nullptr) : NAN;
  if (!std::isfinite(value)) Unexpected(FlagOf(option.name), text, "a decimal number");
  return value;
}

bool ParseBool(const OptionInfo& option, const std::string& text) {
  if (text != "true" && text != "false") Unexpected(FlagOf(option.name), text, "true or false");
  return text == "true";
}

std::string ParseChoice(const OptionInfo& option, const std::string& text) {
  const std::vector<std::string>& choices = option.choices;
  if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
    std::string list;
    for (const std::string& choice : choices) list += (list.empty() ? "'" : ", '") + choice + "'";
    Unexpected(FlagOf(option.name), text, "one of " + list);
  }
  return text;
}

nlohmann::json ParseObject(const OptionInfo& option, const std::string& text) {
  nlohmann::json object = nlohmann::json::parse(text, nullptr, false);
  if (!object.is_object()) Unexpected(FlagOf(option.name), text, "a JSON object");
  return object;
}

nlohmann::json ValueOf(const OptionInfo& option, const std::vector<std::string>& texts) {
  const std::string& last = texts.back();
  if (option.type == "bool") return ParseBool(option, last);
  if (option.type == "number") return ParseNumber(option, last);
  if (option.type == "list") return SplitList(texts);
  if (option.type == "choice") return ParseChoice(option, last);
  if (option.type == "json") return ParseObject(option, last);
  if (option.type == "path" && last.empty()) Unexpected(FlagOf(option.name), last, "a path");
  return last;
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

// Tells options from the rest, whatever their values: fills `invocation.values` and `positionals`.
void Split(const std::vector<std::string>& arguments, const std::vector<OptionInfo>& options,
           Invocation& invocation) {
  const std::string help = " 'quantab " + invocation.command->name + " --help' says what it takes.";
  const auto needs_value = [&](const std::string& flag) {
    return UsageError("'" + flag + "' needs a value." + help);
  };
  for (const std::string& argument : arguments) {
    if (argument == "--") break;
    // CLI11 would take the next argument for the value.
    const size_t equals = argument.find('=');
    if (argument.starts_with("--") && equals + 1 == argument.size()) {
      throw needs_value(argument.substr(0, equals));
    }
  }

  // Positionals are no option of CLI11's, because it would read "[x]" as a list: they are among the
  // extras, and so are unknown options.
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::map<std::string, std::vector<std::string>> values;
  for (const OptionInfo& option : options) {
    std::string flag = FlagOf(option.name);
    if (!option.short_flag.empty()) flag = "-" + option.short_flag + "," + flag;
    std::vector<std::string>& texts = values[option.name];
    CLI::Option* added = option.type == "bool" ? app.add_flag(flag, texts)
                                               : app.add_option(flag, texts)->expected(1);
    added->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError&) {
    // Any text is a value, so that only the last argument can lack one.
    throw needs_value(arguments.back());
  }
  for (auto& [name, texts] : values) {
    if (!texts.empty()) invocation.values[name] = std::move(texts);
  }
  bool flags_ended = false;
  for (const std::string& extra : app.remaining()) {
    if (flags_ended || extra == "-" || !extra.starts_with('-')) {
      invocation.positionals.push_back(extra);
    } else if (extra == "--") {
      flags_ended = true;
    } else {
      const size_t end = extra.starts_with("--") ? extra.find('=') : std::string::npos;
      throw UsageError("There is no option '" + extra.substr(0, end) + "'." + help);
    }
  }
}

void CheckPositionals(const CommandInfo& command, const std::vector<std::string>& given) {
  const bool open_ended = !command.positionals.empty() && command.positionals.back().repeated;
  const size_t wanted = command.positionals.size();
  if (given.size() < wanted || (given.size() > wanted && !open_ended)) {
    throw UsageError("'quantab " + command.name + "' takes " + std::to_string(wanted) +
                     (open_ended ? " or more" : "") + " argument" +
                     (wanted == 1 && !open_ended ? "" : "s") + ", got " +
                     std::to_string(given.size()) + ". 'quantab " + command.name +
                     " --help' says which.");
  }
  for (size_t i = 0; i < given.size(); ++i) {
    const PositionalInfo& positional = command.positionals[std::min(i, wanted - 1)];
    if (given[i].empty()) Unexpected(positional.name, "", "a path");
  }
}

}  // namespace

bool Invocation::Flag(const std::string& name) const { return Value(name) == "true"; }

std::string Invocation::Value(const std::string& name, const std::string& otherwise) const {
  const auto found = values.find(name);
  return found == values.end() || found->second.empty() ? otherwise : found->second.back();
}

int64_t Invocation::Integer(const std::string& name, int64_t otherwise, int64_t lowest,
                            int64_t highest) const {
  if (!Has(name)) return otherwise;
  const std::string text = Value(name);
  int64_t value = 0;
  const char* end = text.data() + text.size();
  if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos ||
      std::from_chars(text.data(), end, value).ec != std::errc() || value < lowest ||
      value > highest) {
    Unexpected(FlagOf(name), text,
               "a whole number from " + std::to_string(lowest) + " to " + std::to_string(highest));
  }
  return value;
}

double Invocation::Decimal(const std::string& name) const {
  return std::strtod(Value(name).c_str(), nullptr);
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

bool AskForJson(const std::vector<std::string>& arguments) {
  bool json = false;
  for (const std::string& argument : arguments) {
    if (argument == "--") break;
    if (argument == "--json" || argument == "--json=true") json = true;
    if (argument == "--json=false") json = false;
  }
  return json;
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
  const std::vector<OptionInfo> options = AllOptions(command);
  Split({arguments.begin() + 1, arguments.end()}, options, invocation);
  invocation.json = invocation.Flag("json");
  if (invocation.Flag("help")) return invocation;

  CheckPositionals(command, invocation.positionals);
  for (const OptionInfo& option : options) {
    const auto found = invocation.values.find(option.name);
    if (found != invocation.values.end()) {
      ValueOf(option, found->second);
    } else if (option.required) {
      throw UsageError("'" + FlagOf(option.name) + "' is missing. 'quantab " + command.name +
                       " --help' says what it is.");
    }
  }
  return invocation;
}

}  // namespace quantab
