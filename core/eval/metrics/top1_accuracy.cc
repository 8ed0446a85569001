// Share of samples whose label is the largest element of the output, of the model that is
// judged and of the reference. Applies where labels are given, to outputs with one row of scores
// for each sample; see core/eval/top_k_accuracy.h.
#include "core/eval/top_k_accuracy.h"

namespace quantab {

QUANTAB_REGISTER(metrics, top1_accuracy) {
  r.Add({.name = "top1_accuracy",
         .help = "Share of samples whose label is the largest element.",
         .make = MakeAccuracy<1>,
         .larger_is_better = true});
  r.Add({.name = "reference_top1_accuracy",
         .help = "The same of the reference.",
         .make = MakeReferenceAccuracy<1>,
         .larger_is_better = true});
}

}  // namespace quantab
