// quantab run MODEL --input NAME=FILE --output-dir DIR: one run, its outputs as files.
#include <filesystem>

#include "core/api/files.h"
#include "core/cli/command.h"
#include "core/cli/console.h"
#include "core/cli/npy.h"
#include "core/cli/npz.h"
#include "core/cli/samples.h"

namespace quantab {
namespace {

TensorMap ReadInputs(const Invocation& invocation) {
  TensorMap inputs;
  const auto given = invocation.values.find("input");
  if (given == invocation.values.end()) return inputs;
  for (const std::string& text : given->second) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos) {
      if (!text.ends_with(".npz")) {
        throw UsageError("'--input' is '" + text + "', expected NAME=FILE or a .npz file.");
      }
      inputs.merge(ReadNpzFile(text));
    } else {
      inputs[text.substr(0, equals)] = ReadTensorFile(text.substr(equals + 1));
    }
  }
  return inputs;
}

// An output's name as a file name: what a file system may refuse becomes "_".
std::string FileNameOf(const std::string& output) {
  std::string name = output;
  for (char& c : name) {
    if (std::string_view("/\\:*?\"<>|").find(c) != std::string_view::npos || c < ' ') c = '_';
  }
  return name + ".npy";
}

std::string Run(const Invocation& invocation) {
  const Model model = OpenModelFile(invocation.positionals[0], invocation.monitor);
  Session session(model);
  const TensorMap outputs = session.Run(ReadInputs(invocation), nullptr, invocation.monitor);
  const std::filesystem::path folder = invocation.Value("output_dir");
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) ThrowIo("'" + folder.string() + "' cannot be made: " + error.message() + ".");
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> table = {{"output", "type", "shape", "file"}};
  for (const std::string& name : session.outputs()) {
    const Tensor& tensor = outputs.at(name);
    const std::string path = (folder / FileNameOf(name)).string();
    const std::unique_ptr<ByteSink> sink = CreateFile(path);
    sink->Write(WriteNpy(tensor));
    sink->Finish();
    table.push_back({name, std::string(NameOf(tensor.dtype())), ToString(tensor.shape()), path});
    rows.push_back({{"name", name},
                    {"dtype", NameOf(tensor.dtype())},
                    {"dims", tensor.shape()},
                    {"file", path}});
  }
  if (invocation.json) {
    return nlohmann::ordered_json({{"outputs", rows}})
               .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
           "\n";
  }
  return Table(table);
}

}  // namespace

QUANTAB_REGISTER(commands, run) { r.Add({.name = "run", .run = Run}); }

}  // namespace quantab
