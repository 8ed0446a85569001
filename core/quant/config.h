// Ready-made configurations of quantize_static: options by one name, for what the result is to run
// on. A configuration has defaults of its own, and then sets what depends on the model.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/monitor.h"
#include "core/onnx/model.h"
#include "core/quant/options.h"

namespace quantab {

// The values of StaticOptions::config. "none" stands for quantize_static's own defaults.
std::vector<std::string> ConfigNames();

// The options of a configuration of which nothing else is given, with its name in them. Throws
// Error(kInvalidArgument) that lists the names there are.
StaticOptions DefaultsOfConfig(std::string_view config);

// Puts `options` under another configuration: an option that is at its default so far takes the
// default of that one, all others stay. Throws as DefaultsOfConfig.
void SwitchConfig(StaticOptions& options, const std::string& config);

// `options` with all that their configuration sets for `model` written out, under "none". What they
// hold is taken as given: begin with DefaultsOfConfig. Throws as DefaultsOfConfig and
// FixMixedPrecision, and Error(kInvalidArgument) for a format that the configuration is not for.
StaticOptions ApplyConfig(const Model& model, StaticOptions options, Monitor* monitor = nullptr);

// The nodes of the main graph that `options` ask for. Names that no node has are no matter here.
std::vector<const onnx::NodeProto*> NodesAskedFor(const Model& model, const StaticOptions& options);

// The operator types of `nodes`, sorted, without `except`.
std::vector<std::string> OpTypesOf(const std::vector<const onnx::NodeProto*>& nodes,
                                   const std::vector<std::string>& except);

}  // namespace quantab
