#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "core/api/json.h"
#include "core/cli/command.h"

namespace quantab {
namespace {

std::string UsageMessage(const std::vector<std::string>& arguments) {
  try {
    ParseArguments(arguments);
  } catch (const UsageError& e) {
    return e.message();
  }
  return "no error";
}

TEST(Arguments, QuantizerOptionsBecomeJson) {
  const Invocation invocation = ParseArguments(
      {"static", "m.onnx", "-o", "q.onnx", "--calibration-data", "d", "--weight-type", "QUInt8",
       "--per-channel", "--weight-symmetric=false", "--nodes-to-exclude", "a,b\\,c",
       "--nodes-to-exclude", "d", "--minimum-real-range", "0.25"});
  EXPECT_EQ(invocation.positionals, std::vector<std::string>{"m.onnx"});
  EXPECT_EQ(invocation.Value("output"), "q.onnx");
  const StaticOptions options = StaticOptionsFromJson(invocation.QuantizerOptions());
  EXPECT_EQ(options.weight_type, QuantType::kQUInt8);
  EXPECT_TRUE(options.per_channel);
  EXPECT_FALSE(options.reduce_range);
  EXPECT_EQ(options.weight_symmetric, std::optional<bool>(false));
  EXPECT_EQ(options.nodes_to_exclude, (std::vector<std::string>{"a", "b,c", "d"}));
  EXPECT_EQ(options.minimum_real_range, std::optional<double>(0.25));
}

TEST(Arguments, PositionalsMayFollowAnyOption) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"dynamic", "-o", "q.onnx", "m.onnx"},
           {"dynamic", "--nodes-to-exclude", "a", "-o", "q.onnx", "m.onnx"},
           {"dynamic", "-o", "q.onnx", "--nodes-to-exclude", "a", "m.onnx"},
           {"dynamic", "-oq.onnx", "--per-channel", "m.onnx"},
           {"dynamic", "-o", "q.onnx", "--", "m.onnx"}}) {
    const Invocation invocation = ParseArguments(arguments);
    EXPECT_EQ(invocation.positionals, std::vector<std::string>{"m.onnx"}) << arguments[1];
    EXPECT_EQ(invocation.Value("output"), "q.onnx");
  }
  EXPECT_EQ(ParseArguments({"inspect", "--", "--json"}).positionals,
            std::vector<std::string>{"--json"});
  EXPECT_EQ(ParseArguments({"inspect", "[m].onnx"}).positionals,
            std::vector<std::string>{"[m].onnx"});
}

TEST(Arguments, BracketsBelongToNames) {
  const Invocation invocation = ParseArguments(
      {"dynamic", "m", "-o", "q", "--nodes-to-exclude", "[a]", "--nodes-to-exclude=[b,c]"});
  EXPECT_EQ(DynamicOptionsFromJson(invocation.QuantizerOptions()).nodes_to_exclude,
            (std::vector<std::string>{"[a]", "[b", "c]"}));
}

TEST(Arguments, TheLastOfSeveralSwitchesCounts) {
  const auto json = [](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"inspect", "m.onnx"});
    return ParseArguments(flags).json;
  };
  EXPECT_FALSE(json({}));
  EXPECT_TRUE(json({"--json"}));
  EXPECT_TRUE(json({"--json=true"}));
  EXPECT_FALSE(json({"--json=false"}));
  EXPECT_FALSE(json({"--json", "--json=false"}));
  EXPECT_TRUE(json({"--json=false", "--json"}));
  EXPECT_TRUE(AskForJson({"nothing", "--json"}));
  EXPECT_FALSE(AskForJson({"nothing", "--", "--json"}));
}

TEST(Arguments, WholeNumbersAreWithinTheirRange) {
  const auto runs = [](const std::string& text) {
    return ParseArguments({"bench", "m", "--runs", text}).Integer("runs", 20, 1, 1000000);
  };
  EXPECT_EQ(ParseArguments({"bench", "m"}).Integer("runs", 20, 1, 1000000), 20);
  EXPECT_EQ(runs("1"), 1);
  EXPECT_EQ(runs("1000000"), 1000000);
  for (const char* text : {"0", "-3", "1.5", "1000001", "4294967297", "99999999999999999999"}) {
    try {
      runs(text);
      FAIL() << text;
    } catch (const UsageError& e) {
      EXPECT_EQ(e.message(), std::string("'--runs' is '") + text +
                                 "', expected a whole number from 1 to 1000000.");
    }
  }
}

TEST(Arguments, WrongUsageIsSaid) {
  EXPECT_EQ(UsageMessage({}), "No command was given. 'quantab --help' lists the commands.");
  EXPECT_EQ(UsageMessage({"dynamo"}),
            "There is no command 'dynamo'. 'quantab --help' lists the commands.");
  EXPECT_EQ(UsageMessage({"dynamic", "m.onnx"}),
            "'--output' is missing. 'quantab dynamic --help' says what it is.");
  EXPECT_EQ(UsageMessage({"dynamic", "m.onnx", "-o", "q", "--weight-type", "QInt4"}),
            "'--weight-type' is 'QInt4', expected one of 'QInt8', 'QUInt8'.");
  EXPECT_EQ(UsageMessage({"dynamic", "m.onnx", "-o", "q", "--per-chanel"}),
            "There is no option '--per-chanel'. 'quantab dynamic --help' says what it takes.");
  EXPECT_EQ(UsageMessage({"dynamic", "m.onnx", "-o"}),
            "'-o' needs a value. 'quantab dynamic --help' says what it takes.");
  EXPECT_EQ(UsageMessage({"compare", "a", "--data", "d"}),
            "'quantab compare' takes 2 arguments, got 1. 'quantab compare --help' says which.");
  EXPECT_EQ(UsageMessage({"inspect", "a", "b"}),
            "'quantab inspect' takes 1 argument, got 2. 'quantab inspect --help' says which.");
}

TEST(Arguments, ExitStatuses) {
  std::ostringstream out, err;
  EXPECT_EQ(Main({"--help"}, out, err), 0);
  EXPECT_EQ(Main({"nothing"}, out, err), 2);
  EXPECT_EQ(Main({"bench", "m.onnx", "--runs", "many"}, out, err), 2);
  EXPECT_EQ(Main({"inspect", "no/such.onnx"}, out, err), 1);
  EXPECT_NE(err.str().find("no/such.onnx"), std::string::npos);
}

// A stream that takes nothing, as a full disk does.
class FullBuffer : public std::streambuf {
  int overflow(int) override { return traits_type::eof(); }
};

TEST(Arguments, ResultsThatCannotBeWrittenAreAFailure) {
  FullBuffer full;
  std::ostream out(&full);
  std::ostringstream err;
  EXPECT_EQ(Main({"--help"}, out, err), 1);
  EXPECT_EQ(err.str(), "Standard output could not be written. Is the disk full?\n");
}

TEST(Commands, EveryDescribedCommandHasAnImplementation) {
  std::set<std::string> described, implemented;
  for (const CommandInfo& command : Commands()) described.insert(command.name);
  for (const CommandDef& def : CommandRegistry::Get().all()) implemented.emplace(def.name);
  EXPECT_EQ(described, implemented);
}

TEST(Commands, HelpNamesEveryOption) {
  for (const CommandInfo& command : Commands()) {
    const std::string help = HelpText(command.name);
    for (const OptionInfo& option : command.options) {
      EXPECT_NE(help.find(FlagOf(option.name)), std::string::npos) << option.name;
      EXPECT_FALSE(option.help.empty()) << option.name;
    }
  }
}

TEST(Options, UnknownAndWrongValuesAreNamed) {
  const auto message = [](const std::string& json) {
    try {
      DynamicOptionsFromJson(json);
    } catch (const Error& e) {
      return e.message();
    }
    return std::string("no error");
  };
  EXPECT_EQ(message(R"({"perChanel": true})").substr(0, 50),
            "There is no option 'perChanel'. The options are 'o");
  EXPECT_EQ(message(R"({"perChannel": 1})"), "Option 'perChannel' is 1, expected true or false.");
  EXPECT_EQ(message(R"({"weightType": "int8"})"),
            "Option 'weightType' is \"int8\", expected one of 'QInt8', 'QUInt8', "
            "'QFLOAT8E4M3FN', 'QInt16', 'QUInt16', 'QInt4', 'QUInt4'.");
  EXPECT_EQ(message(R"({"extraOptions": {"Nope": 1}})").substr(0, 36),
            "There is no extra option 'Nope'. The");
  EXPECT_EQ(message("[]"), "Options must be a JSON object.");
  EXPECT_TRUE(
      DynamicOptionsFromJson(R"({"extraOptions": {"WeightSymmetric": true}})").weight_symmetric);
}

}  // namespace
}  // namespace quantab
