// Runs ONNX's backend test data.
//
//   quantab_conformance [--filter TEXT] [--exclusions FILE] [--report FILE] [--announce]
//                       [LABEL=]FOLDER...
//
// Every folder below a FOLDER that holds a model.onnx is a case; LABEL tells two releases apart.
// Prints each failure, each exclusion with its reason, and one line "conformance: N passed, N
// failed, N excluded"; the exit code is 0 when nothing failed. An excluded case runs too, and one
// that passes is a failure of the list. --filter runs the cases whose name has TEXT in it;
// --announce prints each name before the case runs, so that a crash has a name; --report writes the
// results as JSON.
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/exec/session.h"
#include "tests/conformance/case.h"
#include "tests/conformance/compare.h"
#include "tests/conformance/exclusions.h"

namespace quantab::conformance {
namespace {

struct Options {
  std::string filter, report;
  Exclusions exclusions;
  bool announce = false;
  std::vector<std::string> folders;
};

struct Outcome {
  std::string problem;  // "" when the case passed
  std::vector<std::string> operators;
};

std::string RunSet(Session& session, const Model& model, const DataSet& set) {
  const onnx::GraphProto& graph = model.proto.graph();
  ValueMap inputs;
  for (size_t i = 0; i < set.inputs.size(); ++i) {
    inputs[graph.input(static_cast<int>(i)).name()] = set.inputs[i];
  }
  const ValueMap outputs = session.RunValues(inputs);
  if (set.outputs.empty()) return "the test has no expected outputs";
  for (size_t i = 0; i < set.outputs.size(); ++i) {
    const std::string& name = graph.output(static_cast<int>(i)).name();
    const std::string difference = Difference(outputs.at(name), set.outputs[i]);
    if (!difference.empty()) return "output '" + name + "': " + difference;
  }
  return "";
}

Outcome RunCase(const Case& test) {
  Outcome outcome;
  try {
    const Model model = LoadModel(test);
    outcome.operators = OperatorsOf(model);
    const std::vector<DataSet> sets = LoadDataSets(test, model);
    if (sets.empty()) outcome.problem = "the test has no data";
    Session session(model);
    for (const DataSet& set : sets) {
      if (outcome.problem.empty()) outcome.problem = RunSet(session, model, set);
    }
  } catch (const Error& error) {
    outcome.problem = std::string(ErrorCodeName(error.code())) + ": " + error.message();
  }
  return outcome;
}

int RunAll(const Options& options) {
  int passed = 0, failed = 0, excluded = 0;
  nlohmann::json report = nlohmann::json::array();
  for (const std::string& folder : options.folders) {
    for (const Case& test : FindCases(folder)) {
      if (test.name.find(options.filter) == std::string::npos) continue;
      if (options.announce) {
        std::printf("running %s\n", test.name.c_str());
        std::fflush(stdout);
      }
      const std::string* reason = options.exclusions.Find(test.name);
      const Outcome outcome = RunCase(test);
      const bool ok = outcome.problem.empty();
      const char* result =
          reason != nullptr ? (ok ? "failed" : "excluded") : (ok ? "passed" : "failed");
      if (reason != nullptr && ok) {
        std::printf("FAILED %s: it passes; take it off the list of exclusions\n",
                    test.name.c_str());
      } else if (reason != nullptr) {
        std::printf("excluded %s: %s\n", test.name.c_str(), reason->c_str());
      } else if (!ok) {
        std::printf("FAILED %s: %s\n", test.name.c_str(), outcome.problem.c_str());
      }
      ++(*result == 'p' ? passed : *result == 'f' ? failed : excluded);
      report.push_back({{"name", test.name},
                        {"folder", folder},
                        {"result", result},
                        {"reason", reason != nullptr ? *reason : outcome.problem},
                        {"operators", outcome.operators}});
    }
  }
  if (!options.report.empty()) {
    std::ofstream(options.report) << report.dump(1, ' ', false,
                                                 nlohmann::json::error_handler_t::replace);
  }
  std::printf("conformance: %d passed, %d failed, %d excluded\n", passed, failed, excluded);
  return failed == 0 && passed > 0 ? 0 : 1;
}

Options Parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const auto next = [&] {
      if (i + 1 == argc) ThrowInvalidArgument("'" + argument + "' needs a value.");
      return std::string(argv[++i]);
    };
    if (argument == "--filter") {
      options.filter = next();
    } else if (argument == "--report") {
      options.report = next();
    } else if (argument == "--exclusions") {
      options.exclusions = Exclusions(next());
    } else if (argument == "--announce") {
      options.announce = true;
    } else if (argument.starts_with("--")) {
      ThrowInvalidArgument("'" + argument + "' is unknown.");
    } else {
      options.folders.push_back(argument);
    }
  }
  if (options.folders.empty()) ThrowInvalidArgument("no folder is given.");
  return options;
}

}  // namespace
}  // namespace quantab::conformance

int main(int argc, char** argv) {
  try {
    return quantab::conformance::RunAll(quantab::conformance::Parse(argc, argv));
  } catch (const quantab::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.message().c_str());
    return 2;
  }
}
