#include "tests/core/quant/golden.h"

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "core/api/json.h"
#include "core/base/posix_file.h"
#include "core/quant/prepare.h"

namespace quantab::golden {
namespace {

using nlohmann::json;

const std::string kFolder = "tests/parity/golden/";

json ReadJson(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("'" + path + "' is missing; run from the repository's root.");
  return json::parse(in);
}

std::string Lines(const onnx::NodeProto& node) {
  std::string text = node.domain() + ":" + node.op_type() + " '" + node.name() + "' (";
  for (const auto& input : node.input()) text += input + ",";
  text += ") -> (";
  for (const auto& output : node.output()) text += output + ",";
  return text + ")";
}

std::map<std::string, std::string> AttributesOf(const onnx::NodeProto& node) {
  std::map<std::string, std::string> attributes;
  for (const auto& a : node.attribute()) attributes[a.name()] = a.SerializeAsString();
  return attributes;
}

template <class List>
std::vector<std::string> Serialized(const List& list) {
  std::vector<std::string> texts;
  for (const auto& element : list) texts.push_back(element.SerializeAsString());
  return texts;
}

template <class List>
std::string Names(const List& list) {
  std::string text;
  for (const auto& element : list) text += element.name() + " ";
  return text;
}

void CompareTensors(const Model& a, const onnx::TensorProto& x, const Model& b,
                    const onnx::TensorProto& y, std::vector<std::string>& out) {
  const std::string where = "initializer '" + x.name() + "'";
  if (x.name() != y.name()) {
    out.push_back(where + " expected, got '" + y.name() + "'");
    return;
  }
  if (x.data_type() != y.data_type()) {
    out.push_back(where + ": type " + std::to_string(x.data_type()) + " expected, got " +
                  std::to_string(y.data_type()));
  } else if (ShapeOf(x) != ShapeOf(y)) {
    out.push_back(where + ": shape " + ToString(ShapeOf(x)) + " expected, got " +
                  ToString(ShapeOf(y)));
  } else if (LoadBlob(*BytesOf(a, x)) != LoadBlob(*BytesOf(b, y))) {
    out.push_back(where + ": other elements");
  }
}

}  // namespace

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

std::vector<Case> Cases() {
  std::vector<Case> cases;
  const json index = ReadJson(kFolder + "index.json");
  for (const json& c : index["cases"]) {
    cases.push_back({c["name"], c["model"], c["mode"], c["expect"], c.value("reason", ""),
                     c.value("error", "")});
  }
  return cases;
}

StaticOptions OptionsOf(const Case& c) {
  const json options = ReadJson(kFolder + "cases/" + c.name + "/options.json")["options"];
  return c.mode == "dynamic" ? ToStaticOptions(DynamicOptionsFromJson(options.dump()))
                             : StaticOptionsFromJson(options.dump());
}

Recipe RecipeOf(const Case& c) {
  const json options = ReadJson(kFolder + "cases/" + c.name + "/options.json")["options"];
  return RecipeFromJson(json({{"quantize_matmul_" + c.mode, options}}).dump());
}

Model FloatModel(const std::string& model) {
  return ReadModel(OpenFile(kFolder + "models/" + model + ".onnx"));
}

Model ExpectedModel(const Case& c) {
  return ReadModel(OpenFile(kFolder + "cases/" + c.name + "/expected.onnx"));
}

TensorRanges RangesOf(const Case& c) {
  // Where ONNX Runtime raised there is no file; the float model's ranges are the same in each case.
  const std::string name = c.error.empty() ? c.name : "static." + c.model + ".s8s8";
  TensorRanges ranges;
  const json file = ReadJson(kFolder + "cases/" + name + "/ranges.json");
  for (const auto& [name, range] : file.items()) {
    ranges.ranges[name] = {range[0].get<float>(), range[1].get<float>()};
  }
  return ranges;
}

std::vector<std::string> Differences(const Model& expected, const Model& actual) {
  std::vector<std::string> out;
  const onnx::ModelProto& a = expected.proto;
  const onnx::ModelProto& b = actual.proto;
  const auto check = [&](bool equal, const std::string& what) {
    if (!equal) out.push_back(what + " differ");
  };
  check(a.producer_name() == b.producer_name() && a.producer_version() == b.producer_version(),
        "producers");
  // Before version 4 each initializer must be a graph input too, which new ones are not; ONNX
  // Runtime writes such files all the same.
  check(std::max<int64_t>(a.ir_version(), 4) == b.ir_version(), "IR versions");
  check(Serialized(a.opset_import()) == Serialized(b.opset_import()), "operator sets");
  check(Serialized(a.metadata_props()) == Serialized(b.metadata_props()), "metadata");
  check(a.graph().name() == b.graph().name(), "graph names");
  check(Serialized(a.graph().input()) == Serialized(b.graph().input()), "graph inputs");
  check(Serialized(a.graph().output()) == Serialized(b.graph().output()), "graph outputs");

  const auto& x = a.graph().node();
  const auto& y = b.graph().node();
  for (int i = 0; i < std::max(x.size(), y.size()); ++i) {
    const std::string left = i < x.size() ? Lines(x[i]) : "none";
    const std::string right = i < y.size() ? Lines(y[i]) : "none";
    if (left != right) {
      out.push_back("node " + std::to_string(i) + ": expected " + left + ", got " + right);
    } else if (AttributesOf(x[i]) != AttributesOf(y[i])) {
      out.push_back("node " + std::to_string(i) + ": other attributes of " + left);
    }
  }

  const auto& s = a.graph().initializer();
  const auto& t = b.graph().initializer();
  if (s.size() != t.size()) {
    out.push_back("initializers expected: " + Names(s) + "; got: " + Names(t));
    return out;
  }
  for (int i = 0; i < s.size(); ++i) CompareTensors(expected, s[i], actual, t[i], out);
  return out;
}

}  // namespace quantab::golden
