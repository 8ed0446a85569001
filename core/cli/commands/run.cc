// quantab run MODEL --input NAME=FILE --output-dir DIR: one run, its outputs as files.
#include <set>

#include "core/api/files.h"
#include "core/cli/command.h"
#include "core/cli/console.h"
#include "core/cli/npy.h"
#include "core/cli/paths.h"
#include "core/cli/tensor_file.h"

namespace quantab {
namespace {

[[noreturn]] void BadFile(const std::string& file, const std::string& what) {
  Place place;
  place.file = file;
  ThrowInvalidArgument("'" + file + "' " + what, place);
}

// The tensor of `file` for `input`: the one of that name, or the only one there is.
Tensor ReadInput(const std::string& input, const std::string& file) {
  TensorMap tensors = ReadTensors(file);
  const auto named = tensors.find(input);
  if (named != tensors.end()) return named->second;
  if (tensors.size() == 1) return tensors.begin()->second;
  std::string held;
  for (const auto& [name, tensor] : tensors) held += (held.empty() ? "'" : ", '") + name + "'";
  BadFile(file, "has no array '" + input + "'. It holds " + (held.empty() ? "none" : held) + ".");
}

TensorMap ReadInputs(const std::vector<std::string>& given) {
  TensorMap inputs;
  std::map<std::string, std::string> from;
  const auto add = [&](const std::string& name, const std::string& file, Tensor tensor) {
    const auto [earlier, is_new] = from.emplace(name, file);
    if (!is_new) {
      throw UsageError("'--input' gives '" + name + "' twice, in '" + earlier->second +
                       "' and in '" + file + "'. Give each input once.");
    }
    inputs[name] = std::move(tensor);
  };
  for (const std::string& text : given) {
    const size_t equals = text.find('=');
    if (equals != std::string::npos) {
      const std::string name = text.substr(0, equals);
      const std::string file = text.substr(equals + 1);
      add(name, file, ReadInput(name, file));
    } else if (FormatOf(text) == TensorFormat::kNpz) {
      for (auto& [name, tensor] : ReadTensors(text)) add(name, text, tensor);
    } else {
      throw UsageError("'--input' is '" + text + "', expected NAME=FILE or a .npz file.");
    }
  }
  return inputs;
}

// An output's name as a file name: what a file system may refuse becomes "_", and where that makes
// two of `used` the same, one more is added.
std::string FileNameOf(const std::string& output, std::set<std::string>& used) {
  std::string name = output;
  for (char& c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == 0x7F ||
        std::string_view("/\\:*?\"<>|").find(c) != std::string::npos) {
      c = '_';
    }
  }
  while (!used.insert(name).second) name += '_';
  return name + ".npy";
}

std::string Run(const Invocation& invocation) {
  const auto given = invocation.values.find("input");
  const TensorMap inputs =
      given == invocation.values.end() ? TensorMap() : ReadInputs(given->second);
  const Model model = OpenModelFile(invocation.positionals[0], invocation.monitor);
  Session session(model, {.monitor = invocation.monitor});
  const TensorMap outputs = session.Run(inputs, nullptr, invocation.monitor);
  // All of them before the first is written, as one may be of a type that cannot be.
  std::vector<std::vector<std::byte>> files;
  for (const std::string& name : session.outputs()) files.push_back(WriteNpy(outputs.at(name)));
  const std::string folder = invocation.Value("output_dir");
  MakeFolder(folder);
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> table = {{"output", "type", "shape", "file"}};
  std::set<std::string> used;
  for (size_t i = 0; i < files.size(); ++i) {
    const std::string& name = session.outputs()[i];
    const Tensor& tensor = outputs.at(name);
    const std::string path = InFolder(folder, FileNameOf(name, used));
    const std::unique_ptr<ByteSink> sink = CreateFile(path);
    sink->Write(files[i]);
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
