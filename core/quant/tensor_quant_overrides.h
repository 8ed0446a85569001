// Exceptions for single tensors: onnxruntime's TensorQuantOverrides, by its names.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/quant/quant_type.h"

namespace quantab {

// What is unset follows the options of the whole conversion.
struct QuantOverride {
  std::optional<QuantType> quant_type = {};
  std::optional<double> scale = {};  // together with zero_point: instead of a range
  std::optional<int64_t> zero_point = {};
  std::optional<bool> symmetric = {};
  std::optional<bool> reduce_range = {};  // of constants
  std::optional<double> rmin = {}, rmax = {};
};

// A second type, for some of the readers of an activation.
struct ConvertOverride : QuantOverride {
  std::vector<std::string> recv_nodes = {};  // names of the readers; empty: all
};

struct TensorQuantOverride : QuantOverride {
  std::optional<int64_t> axis = {};  // of a constant that is quantized per channel
  std::optional<ConvertOverride> convert = {};
};

// By tensor: one entry; or, per channel, one for all channels or one for each, the first of which
// has the axis.
using TensorQuantOverrides = std::map<std::string, std::vector<TensorQuantOverride>>;

template <class Override, class Visitor>
void DescribeOverride(Override& o, Visitor& v) {
  v.Option("quant_type", o.quant_type, "Type of the tensor.", "");
  v.Option("scale", o.scale, "Its scale, together with its zero point.", "");
  v.Option("zero_point", o.zero_point, "Its zero point, together with its scale.", "");
  v.Option("symmetric", o.symmetric, "A range symmetric around zero.", "");
  v.Option("reduce_range", o.reduce_range, "One bit less.", "");
  v.Option("rmin", o.rmin, "Lower end of its range.", "");
  v.Option("rmax", o.rmax, "Upper end of its range.", "");
  if constexpr (requires { o.recv_nodes; }) {
    v.Option("recv_nodes", o.recv_nodes, "Names of the nodes that read this form.", "");
  }
  if constexpr (requires { o.convert; }) {
    v.Option("axis", o.axis, "One scale for each index along this axis.", "");
    v.Option("convert", o.convert, "A second type, for some of its readers.", "");
  }
}

template <class Visitor>
void Describe(TensorQuantOverride& o, Visitor& v) {
  DescribeOverride(o, v);
}
template <class Visitor>
void Describe(const TensorQuantOverride& o, Visitor& v) {
  DescribeOverride(o, v);
}
template <class Visitor>
void Describe(ConvertOverride& o, Visitor& v) {
  DescribeOverride(o, v);
}
template <class Visitor>
void Describe(const ConvertOverride& o, Visitor& v) {
  DescribeOverride(o, v);
}

}  // namespace quantab
