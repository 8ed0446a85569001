// Share of samples whose label is among the five largest elements of the output, of the model that
// is judged and of the reference. Applies where labels are given, to outputs with one row of scores
// for each sample; see core/eval/top_k_accuracy.h.
#include "core/eval/top_k_accuracy.h"

namespace quantab {

QUANTAB_REGISTER(metrics, top5_accuracy) {
  r.Add({.name = "top5_accuracy",
         .help = "Share of samples whose label is among the five largest elements.",
         .make = MakeAccuracy<5>,
         .larger_is_better = true});
  r.Add({.name = "reference_top5_accuracy",
         .help = "The same of the reference.",
         .make = MakeReferenceAccuracy<5>,
         .larger_is_better = true});
}

}  // namespace quantab
