#include <algorithm>
#include <ostream>

#include "core/api/json.h"
#include "core/cli/command.h"
#include "core/cli/console.h"

namespace quantab {

void RegisterAll_commands(CommandRegistry& r);

const CommandRegistry& CommandRegistry::Get() {
  static const CommandRegistry registry = [] {
    CommandRegistry r;
    RegisterAll_commands(r);
    return r;
  }();
  return registry;
}

int Main(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  const std::string first = arguments.empty() ? "" : arguments.front();
  if (first == "--help" || first == "-h" || first == "help") {
    out << HelpText();
    return 0;
  }
  if (first == "--version") {
    out << Version() << "\n";
    return 0;
  }
  const bool json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
  try {
    Invocation invocation = ParseArguments(arguments);
    return Guard([&] {
      if (invocation.Has("help")) {
        out << HelpText(invocation.command->name);
        return 0;
      }
      Console console(err, invocation.Has("quiet"));
      invocation.monitor = &console;
      const std::vector<CommandDef>& defs = CommandRegistry::Get().all();
      const auto def = std::find_if(defs.begin(), defs.end(), [&](const CommandDef& candidate) {
        return candidate.name == invocation.command->name;
      });
      if (def == defs.end()) ThrowInternal("Command '" + first + "' has no implementation.");
      out << def->run(invocation);
      out.flush();
      if (!out) ThrowIo("Standard output could not be written. Is the disk full?");
      return 0;
    });
  } catch (const UsageError& e) {
    if (json) out << ToJson(e) << "\n";
    err << e.message() << "\n";
    return 2;
  } catch (const Error& e) {
    if (json) out << ToJson(e) << "\n";
    err << e.message() << "\n";
    return 1;
  }
}

}  // namespace quantab
