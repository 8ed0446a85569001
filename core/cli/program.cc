#include <algorithm>
#include <cerrno>
#include <ostream>

#include "core/api/json.h"
#include "core/base/parallel.h"
#include "core/cli/command.h"
#include "core/cli/console.h"

namespace quantab {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

// What there is to say in the end, and how the program ends.
struct Outcome {
  int status = 0;
  std::string result = {};   // for standard output
  std::string message = {};  // for standard error
};

Outcome Failure(const Error& error, int status, bool json) {
  return {status, json ? ToJson(error) + "\n" : "", error.message() + "\n"};
}

std::string Execute(Invocation& invocation, std::ostream& err) {
  const std::string& name = invocation.command->name;
  if (invocation.Flag("help")) return HelpText(name);
  if (invocation.Has("preprocess")) {
    throw UsageError(
        "'--preprocess' is for 'npx quantab': the native program reads arrays only (.npz, .npy, "
        ".pb).");
  }
  Console console(err, invocation.Flag("quiet"));
  invocation.monitor = &console;
  SetThreads(static_cast<int>(invocation.Integer("threads", UsualThreads(), 1, kMostThreads)));
  const std::vector<CommandDef>& defs = CommandRegistry::Get().all();
  const auto def = std::find_if(defs.begin(), defs.end(),
                                [&](const CommandDef& each) { return each.name == name; });
  if (def == defs.end()) ThrowInternal("Command '" + name + "' has no implementation.");
  return def->run(invocation);
}

Outcome Run(const std::vector<std::string>& arguments, std::ostream& err) {
  const std::string first = arguments.empty() ? "" : arguments.front();
  if (first == "--help" || first == "-h" || first == "help") return {.result = HelpText()};
  if (first == "--version") return {.result = Version() + "\n"};
  bool json = AskForJson(arguments);
  try {
    Invocation invocation = ParseArguments(arguments);
    json = invocation.json;
    return {.result = Guard([&] { return Execute(invocation, err); })};
  } catch (const UsageError& e) {
    return Failure(e, kWrongUsage, json);
  } catch (const PartFailed& e) {
    return {kFailed, e.result(), e.message() + "\n"};
  } catch (const Error& e) {
    return Failure(e, kFailed, json);
  }
}

}  // namespace

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
  const Outcome outcome = Run(arguments, err);
  errno = 0;
  out << outcome.result << std::flush;
  const int error = errno;
  err << outcome.message << std::flush;
  // A reader that has seen enough, such as `head`, is no failure.
  if (out || error == EPIPE || outcome.status != 0) return outcome.status;
  err << "Standard output could not be written. Is the disk full?\n";
  return kFailed;
}

}  // namespace quantab
