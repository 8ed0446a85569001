#include "core/quant/bias_correction.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "core/graph/graph_edit.h"
#include "core/quant/linear_layers.h"
#include "core/quant/naming.h"
#include "core/tensor/shape.h"

namespace quantab {
namespace {

bool Any(const onnx::NodeProto&) { return true; }

// Element `i` of a tensor of real numbers or integers of at least 8 bits; NaN for other types.
double NumberAt(const Tensor& tensor, size_t i) {
  switch (tensor.dtype()) {
    case DType::kFloat:
      return double{tensor.span<float>()[i]};
    case DType::kInt8:
      return tensor.span<int8_t>()[i];
    case DType::kUint8:
      return tensor.span<uint8_t>()[i];
    case DType::kInt16:
      return tensor.span<int16_t>()[i];
    case DType::kUint16:
      return tensor.span<uint16_t>()[i];
    default:
      return std::numeric_limits<double>::quiet_NaN();
  }
}

std::vector<double> Numbers(const Tensor& tensor) {
  std::vector<double> numbers(static_cast<size_t>(tensor.count()));
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = NumberAt(tensor, i);
  return numbers;
}

class Corrector {
 public:
  Corrector(Model& model, Model quantized, const std::map<std::string, std::vector<double>>& means)
      : edit_(model),
        quantized_model_(std::move(quantized)),
        quantized_(quantized_model_),
        means_(means) {}

  int Run(Monitor* monitor) {
    int corrected = 0;
    const std::vector<LinearLayer> layers = FindLinearLayers(edit_, Any);
    for (size_t i = 0; i < layers.size(); ++i) {
      Report(monitor, "prepare", i, layers.size());
      const std::optional<std::vector<double>> shift = ShiftOf(layers[i]);
      if (shift && Correct(layers[i], *shift)) ++corrected;
    }
    Report(monitor, "prepare", layers.size(), layers.size());
    edit_.Finish();
    return corrected;
  }

 private:
  // E[dy] per output channel; nothing where the layer was not quantized to integers with one scale
  // or one per output channel.
  std::optional<std::vector<double>> ShiftOf(const LinearLayer& layer) {
    const auto mean = means_.find(layer.input);
    const onnx::TensorProto& weight = *edit_.Initializer(layer.weight);
    const onnx::TensorProto* integers = quantized_.Initializer(QuantizedName(layer.weight));
    const onnx::TensorProto* scale = quantized_.Initializer(ScaleName(layer.weight));
    const onnx::TensorProto* zero = quantized_.Initializer(ZeroPointName(layer.weight));
    if (mean == means_.end() || integers == nullptr || scale == nullptr || zero == nullptr ||
        mean->second.size() != static_cast<size_t>(layer.in_channels) ||
        ShapeOf(*integers) != ShapeOf(weight)) {
      return std::nullopt;
    }
    const std::vector<double> scales = Numbers(LoadTensor(quantized_.model(), *scale));
    const std::vector<double> zeros = Numbers(LoadTensor(quantized_.model(), *zero));
    const size_t outs = static_cast<size_t>(layer.out_channels);
    if (scales.empty() || scales.size() != zeros.size() ||
        (scales.size() != 1 && scales.size() != outs)) {
      return std::nullopt;
    }
    std::vector<double> shift(outs, 0.0);
    const Tensor rounded = LoadTensor(quantized_.model(), *integers);
    size_t at = 0;
    ForEachWeightRun(layer, ShapeOf(weight), *BytesOf(edit_.model(), weight),
                     [&](int64_t in, int64_t out, std::span<const float> run) {
                       const size_t c = static_cast<size_t>(out);
                       const size_t p = scales.size() == 1 ? 0 : c;
                       double difference = 0;
                       for (float w : run) {
                         difference += (NumberAt(rounded, at++) - zeros[p]) * scales[p] - double{w};
                       }
                       shift[c] += difference * mean->second[static_cast<size_t>(in)];
                     });
    return shift;
  }

  bool Correct(const LinearLayer& layer, const std::vector<double>& shift) {
    if (!std::all_of(shift.begin(), shift.end(), [](double x) { return std::isfinite(x); })) {
      return false;
    }
    onnx::NodeProto& node = *layer.node;
    const int bias = layer.bias_index();
    if (bias < 0) return CorrectAdd(node.output(0), shift);
    if (bias < node.input_size() && !node.input(bias).empty()) {
      return CorrectConstant(node, bias, shift, FloatAttribute(node, "beta", 1));
    }
    std::vector<float> values(shift.size());
    std::transform(shift.begin(), shift.end(), values.begin(),
                   [](double x) { return static_cast<float>(-x); });
    while (node.input_size() <= bias) node.add_input("");
    const std::string name = edit_.FreshValue(node.output(0) + "_bias");
    edit_.AddWeight(name, DType::kFloat, {static_cast<int64_t>(values.size())}, BytesFrom(values));
    edit_.SetInput(node, bias, name);
    return true;
  }

  // The Add behind a MatMul.
  bool CorrectAdd(const std::string& product, const std::vector<double>& shift) {
    const std::vector<onnx::NodeProto*> readers = edit_.Readers(product);
    if (readers.size() != 1 || edit_.CountReaders(product) != 1 || edit_.IsGraphOutput(product) ||
        readers[0]->op_type() != "Add" || readers[0]->input_size() != 2) {
      return false;
    }
    return CorrectConstant(*readers[0], readers[0]->input(0) == product ? 1 : 0, shift, 1);
  }

  bool CorrectConstant(onnx::NodeProto& node, int index, const std::vector<double>& shift,
                       float beta) {
    const std::string name = node.input(index);
    const onnx::TensorProto* found = edit_.Initializer(name);
    if (found == nullptr || !IsFixed(edit_, name) || TypeOf(*found) != DType::kFloat || beta == 0) {
      return false;
    }
    const onnx::TensorProto tensor = *found;
    const Shape shape = ShapeOf(tensor);
    const std::vector<double> bias = Numbers(LoadTensor(edit_.model(), tensor));
    if (bias.size() != shift.size() || shape.empty() ||
        shape.back() != static_cast<int64_t>(shift.size())) {
      return false;
    }
    std::vector<float> values(bias.size());
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<float>(bias[i] - shift[i] / double{beta});
    }
    ReplaceConstant(edit_, node, index, "_corrected", BytesFrom(values));
    return true;
  }

  static BlobPtr BytesFrom(const std::vector<float>& values) {
    const auto bytes = std::as_bytes(std::span(values));
    return MakeMemoryBlob({bytes.begin(), bytes.end()});
  }

  GraphEdit edit_;
  Model quantized_model_;
  GraphEdit quantized_;
  const std::map<std::string, std::vector<double>>& means_;
};

}  // namespace

std::map<std::string, int64_t> CorrectedActivations(const Model& model) {
  Model copy = model;
  GraphEdit edit(copy);
  return ActivationAxes(FindLinearLayers(edit, Any));
}

int CorrectBiases(Model& model, const Model& quantized,
                  const std::map<std::string, std::vector<double>>& means, Monitor* monitor) {
  return Corrector(model, quantized, means).Run(monitor);
}

}  // namespace quantab
