// A command of the native program: one file in core/cli/commands, described in
// core/api/commands.cc.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/commands.h"
#include "core/api/quantab.h"
#include "core/base/registry.h"

namespace quantab {

// What the user typed, sorted out.
struct Invocation {
  const CommandInfo* command = nullptr;
  std::vector<std::string> positionals;
  // By snake_case name, in the order given; a switch without a value has "true".
  std::map<std::string, std::vector<std::string>> values;
  bool json = false;
  Monitor* monitor = nullptr;

  bool Has(const std::string& name) const { return values.contains(name); }
  // Whether a switch is on: the last of "--name", "--name=true" and "--name=false" counts.
  bool Flag(const std::string& name) const;
  // The last value given for `name`, or `otherwise`.
  std::string Value(const std::string& name, const std::string& otherwise = "") const;
  // The last value as a whole number from `lowest` to `highest`; throws UsageError for others.
  int64_t Integer(const std::string& name, int64_t otherwise, int64_t lowest,
                  int64_t highest) const;
  // The last value of an option of type "number", which has one.
  double Decimal(const std::string& name) const;
  // The quantizer's options among the values, as JSON for DynamicOptionsFromJson and the like.
  std::string QuantizerOptions() const;
};

// Wrong usage: exit status 2.
class UsageError : public Error {
 public:
  explicit UsageError(std::string message)
      : Error(ErrorCode::kInvalidArgument, std::move(message)) {}
};

// Part of the work failed: what was reached is printed all the same, and the exit status is 1.
class PartFailed : public Error {
 public:
  PartFailed(std::string result, std::string message)
      : Error(ErrorCode::kInvalidArgument, std::move(message)), result_(std::move(result)) {}

  // For standard output.
  const std::string& result() const { return result_; }

 private:
  std::string result_;
};

// A command returns the text for standard output.
struct CommandDef {
  std::string_view name;
  std::string (*run)(const Invocation&);
};

class CommandRegistry {
 public:
  static const CommandRegistry& Get();
  void Add(CommandDef def) { defs_.push_back(def); }
  const std::vector<CommandDef>& all() const { return defs_; }

 private:
  std::vector<CommandDef> defs_;
};

template <>
struct RegistryType<struct commands_tag> {
  using type = CommandRegistry;
};

// Parses `arguments` (without the program's name). Throws UsageError.
Invocation ParseArguments(const std::vector<std::string>& arguments);

// Whether arguments that cannot be parsed ask for JSON nevertheless.
bool AskForJson(const std::vector<std::string>& arguments);

// The whole program: parses, runs, prints. Returns the exit status.
int Main(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace quantab
