// Names of what the quantizers make. They are ONNX Runtime's, so that its tools can read a result.
#pragma once

#include <string>

namespace quantab {

// Initializers and quantized values of tensor T.
inline std::string QuantizedName(const std::string& t) { return t + "_quantized"; }
inline std::string ScaleName(const std::string& t) { return t + "_scale"; }
inline std::string ZeroPointName(const std::string& t) { return t + "_zero_point"; }

// Nodes around tensor T, and the values between them.
inline std::string QuantizeNodeName(const std::string& t) { return t + "_QuantizeLinear"; }
inline std::string QuantizeInputName(const std::string& t) { return t + "_QuantizeLinear_Input"; }
inline std::string QuantizeOutputName(const std::string& t) { return t + "_QuantizeLinear_Output"; }
inline std::string DequantizeNodeName(const std::string& t) { return t + "_DequantizeLinear"; }
inline std::string DequantizeOutputName(const std::string& t) {
  return t + "_DequantizeLinear_Output";
}

}  // namespace quantab
