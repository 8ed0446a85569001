// What pre-processing does to a model around the passes.
#pragma once

#include "core/base/monitor.h"
#include "core/onnx/model.h"
#include "core/passes/options.h"

namespace quantab {

// Gives named dimensions (options.dim_params) and inputs (options.input_shapes) fixed sizes,
// everywhere in the model, and forgets the shapes inside that were inferred before. Dimensions of
// less than 1, which some exporters write for unknown ones, become unknown. Throws
// Error(kInvalidArgument) for an input or a name that the model's inputs do not have, an input that
// is no tensor, sizes below 1, and shapes of another rank or with another size than a fixed one.
void FixDimensions(Model& model, const PreProcessOptions& options);

// Converts the model to options.opset_version; when unset, models below operator set 11 to 11, as
// ONNX Runtime's pre-processing does. Upsample becomes Resize. A conversion that is not possible is
// an Error(kUnsupported) when it was asked for, else a warning. Initializers must need no inputs.
void ConvertOpset(Model& model, const PreProcessOptions& options, Monitor* monitor);

// Adds types and shapes to value_info, as far as they can be inferred, in the main graph and in the
// graphs inside: by the official library, and, unless options.skip_symbolic_shape, through
// operators that it does not know, by what their values are used for. With
// options.guess_output_rank a value of unknown shape that such an operator makes has as many
// dimensions as its first input; with options.auto_merge names of dimensions that must be equal
// become one. Never fails for want of knowledge.
void InferTypes(Model& model, const PreProcessOptions& options, Monitor* monitor);

// Moves the second dimension of the inputs in options.inputs_to_make_channel_last to the end, and a
// Transpose behind each; the same of options.outputs_to_make_channel_last, with a Transpose before
// each. Throws Error(kInvalidArgument) for names that are none, and for values that are constants,
// that no operator makes, or that have fewer than 3 dimensions or unknown ones.
void MoveChannelsLast(Model& model, const PreProcessOptions& options);

}  // namespace quantab
