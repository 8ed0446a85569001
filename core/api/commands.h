// The command line's surface as data: every command, argument and option, each described once. The
// native program and the Node program both parse and print help from it, the npm package's option
// types are generated from it, and the page's form is laid out by it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quantab {

struct OptionInfo {
  std::string name;          // snake_case; the flag is its kebab-case
  std::string type;          // "bool", "number", "string", "list", "choice", "json", "path"
  std::string value_type;    // of "json": the object, as TypeScript writes it
  std::string default_json;  // "null" when unset by default
  std::vector<std::string> choices;
  std::string help;
  std::string extra_option;  // key under onnxruntime's extra_options, or empty
  std::string short_flag;    // "o", or empty
  std::string metavar;       // what the value is called in help: "FILE", or empty for flags
  bool required = false;
  bool repeated = false;  // may be given several times
  // Goes to the quantizer's options (rather than being the command's own business).
  bool quantizer = false;
  // Of those: counts only where samples are given.
  bool with_samples = false;
};

struct PositionalInfo {
  std::string name;  // "MODEL"
  std::string help;
  bool repeated = false;
};

struct CommandInfo {
  std::string name;
  std::string help;
  std::vector<PositionalInfo> positionals;
  std::vector<OptionInfo> options;
};

const std::vector<CommandInfo>& Commands();

// Options every command takes: --threads, --json, --quiet, --help.
const std::vector<OptionInfo>& CommonOptions();

// Help for one command, or the overview for an empty name, ending with a newline. Throws
// Error(kInvalidArgument) for a command that does not exist.
std::string HelpText(std::string_view command = "");

// "--nodes-to-exclude" for "nodes_to_exclude".
std::string FlagOf(std::string_view name);

}  // namespace quantab
