#include "tests/conformance/case.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "core/base/error.h"
#include "core/base/posix_file.h"
#include "onnx/onnx-data.pb.h"

namespace quantab::conformance {
namespace {

namespace fs = std::filesystem;

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) ThrowInvalidArgument("'" + path.string() + "' cannot be read.");
  return {std::istreambuf_iterator<char>(file), {}};
}

template <class Proto>
Proto Parse(const fs::path& path) {
  Proto proto;
  if (!proto.ParseFromString(ReadAll(path))) {
    ThrowInvalidArgument("'" + path.string() + "' is damaged.");
  }
  return proto;
}

Tensor ToTensor(const onnx::TensorProto& proto) { return LoadTensor(Model{}, proto); }

Value ToSequence(const onnx::SequenceProto& proto) {
  Sequence sequence;
  for (const onnx::TensorProto& tensor : proto.tensor_values()) {
    sequence.push_back(ToTensor(tensor));
  }
  return sequence;
}

Value LoadValue(const fs::path& path, const onnx::TypeProto& type) {
  switch (type.value_case()) {
    case onnx::TypeProto::kSequenceType:
      return ToSequence(Parse<onnx::SequenceProto>(path));
    case onnx::TypeProto::kOptionalType: {
      const auto proto = Parse<onnx::OptionalProto>(path);
      if (proto.has_tensor_value()) return ToTensor(proto.tensor_value());
      if (proto.has_sequence_value()) return ToSequence(proto.sequence_value());
      return EmptyOptional{};
    }
    default:
      return ToTensor(Parse<onnx::TensorProto>(path));
  }
}

using ValueInfos = google::protobuf::RepeatedPtrField<onnx::ValueInfoProto>;

std::vector<Value> LoadValues(const fs::path& folder, const std::string& stem,
                              const ValueInfos& infos) {
  std::vector<Value> values;
  for (const onnx::ValueInfoProto& info : infos) {
    const fs::path path = folder / (stem + std::to_string(values.size()) + ".pb");
    if (!fs::exists(path)) break;
    values.push_back(LoadValue(path, info.type()));
  }
  return values;
}

void Collect(const google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes,
             std::set<std::string>& found) {
  for (const onnx::NodeProto& node : nodes) {
    const std::string domain = CanonicalDomain(node.domain());
    found.insert(domain.empty() ? node.op_type() : domain + "." + node.op_type());
    for (const onnx::AttributeProto& attribute : node.attribute()) {
      if (attribute.has_g()) Collect(attribute.g().node(), found);
    }
  }
}

}  // namespace

std::vector<Case> FindCases(const std::string& root) {
  const size_t equals = root.find('=');
  const std::string label = equals == std::string::npos ? "" : root.substr(0, equals) + "/";
  const fs::path top = equals == std::string::npos ? root : root.substr(equals + 1);
  std::vector<Case> cases;
  for (const auto& entry : fs::recursive_directory_iterator(top)) {
    if (entry.path().filename() != "model.onnx") continue;
    const fs::path folder = entry.path().parent_path();
    const std::string group = folder.parent_path().filename().string();
    cases.push_back({label + group + "/" + folder.filename().string(), folder});
  }
  std::sort(cases.begin(), cases.end(),
            [](const Case& a, const Case& b) { return a.name < b.name; });
  return cases;
}

Model LoadModel(const Case& test) {
  return ReadModel(OpenFile((test.folder / "model.onnx").string()));
}

std::vector<DataSet> LoadDataSets(const Case& test, const Model& model) {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(test.folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory() && name.starts_with("test_data_set_")) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  const onnx::GraphProto& graph = model.proto.graph();
  std::vector<DataSet> sets;
  for (const fs::path& folder : folders) {
    sets.push_back({LoadValues(folder, "input_", graph.input()),
                    LoadValues(folder, "output_", graph.output())});
  }
  return sets;
}

std::vector<std::string> OperatorsOf(const Model& model) {
  std::set<std::string> found;
  Collect(model.proto.graph().node(), found);
  for (const onnx::FunctionProto& function : model.proto.functions()) {
    Collect(function.node(), found);
    found.erase(function.domain() + "." + function.name());
  }
  return {found.begin(), found.end()};
}

}  // namespace quantab::conformance
