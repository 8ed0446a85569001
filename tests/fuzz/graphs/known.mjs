// What ONNX Runtime is known not to do, or to do otherwise than ONNX's specification says. What is not
// made at all because of it:
//
//   QLinearWhere                         writes where it must not and ends the process, at once or later
//   QLinear…, QGemm without elements     the same
//   QLinearMatMul without elements       gives what happened to be in memory
//   QLinearSoftmax over one element      gives 0: what it counts in is too narrow for a 1
//   QLinearAveragePool with ceil_mode and count_include_pad
//                                        counts elements beyond all padding, which AveragePool does not
//   dilation with auto_pad SAME_…        is refused by Conv; MaxPool computes the padding of windows that are not dilated
//   auto_pad SAME_… with strides larger than windows
//                                        pads by less than nothing: pools drop elements or refuse
//   Resize with sizes of a named length  is refused by shape inference, which takes them for none
//   Resize to the same size              copies its input, whatever the region of interest or the scales; with antialias also along
//                                        one axis
//   Resize with a region of interest along an axis that keeps its size
//                                        does not look at the region there
//   products over nothing                give what happened to be in memory; Gemm leaves out beta; batches without elements are refused
//   reductions without elements          have other shapes than with some
//   Min, Max of int64 beyond 32 bits     compares the lower halves
//   MaxPool with windows of nothing but padding
//                                        gives the least finite number rather than -Infinity
//   pooling with ceil_mode whose last window begins in the padding
//                                        has another shape in shape inference, so that what follows may be refused
//   TopK, Unique without elements        end the process
//   ConvTranspose with output_shape      has no rank in shape inference, so that what follows may be refused

/** Refusals, by what its message says. */
export const REFUSALS = [
  {
    pattern: /Could not find an implementation for/,
    why: 'it has no kernel for the operator with these types',
  },
  {
    pattern: /Pads has incorrect number of values/,
    why: 'shape inference takes axes of Pad that only running tells for all axes',
  },
];

/** Nodes whose outputs are set aside when they differ. */
export const DEFECTS = [];
