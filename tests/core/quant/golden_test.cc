// The quantizers against ONNX Runtime's: for the same model, options and ranges, the same nodes,
// names, order and numbers, to the last bit. Calibration is left out: ranges are read.
#include "tests/core/quant/golden.h"

#include <gtest/gtest.h>

#include <sstream>

#include "core/base/error.h"
#include "core/graph/graph_view.h"
#include "core/onnx/official.h"
#include "core/quant/quantization.h"

namespace quantab {
namespace {

class Golden : public testing::TestWithParam<golden::Case> {};

Model Quantized(const golden::Case& c) {
  if (c.mode == "nbits" || c.mode == "bnb4") {
    return Convert(golden::FloatModel(c.model), golden::RecipeOf(c));
  }
  const Quantization quantization(golden::FloatModel(c.model), golden::OptionsOf(c));
  return quantization.Run(c.mode == "static" ? golden::RangesOf(c) : TensorRanges());
}

std::string Joined(const std::vector<std::string>& lines) {
  std::ostringstream text;
  for (const std::string& line : lines) text << "\n  " << line;
  return text.str();
}

TEST_P(Golden, Agrees) {
  const golden::Case& c = GetParam();
  const Model actual = Quantized(c);
  EXPECT_EQ(CheckModel(actual), std::nullopt);
  EXPECT_NO_THROW(GraphView(actual.proto.graph()).TopologicalOrder());
  if (!c.error.empty()) return;
  const std::vector<std::string> differences =
      golden::Differences(golden::ExpectedModel(c), actual);
  if (c.expect == "equal") {
    EXPECT_TRUE(differences.empty()) << Joined(differences);
  } else {
    // A case that is said to differ and does not is a mistake in the list of cases.
    EXPECT_FALSE(differences.empty()) << c.reason;
  }
}

INSTANTIATE_TEST_SUITE_P(OnnxRuntime, Golden, testing::ValuesIn(golden::Cases()),
                         [](const testing::TestParamInfo<golden::Case>& info) {
                           std::string name = info.param.name;
                           for (char& c : name) {
                             if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
                           }
                           return name;
                         });

}  // namespace
}  // namespace quantab
