// NonMaxSuppression (ai.onnx, since 10): for each batch entry and class the boxes of the highest
// scores, best first, that do not overlap an earlier one by more than iou_threshold, the
// intersection's share of the union.
#include <algorithm>
#include <cmath>

#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

constexpr int64_t kBoxSize = 4;

struct Limits {
  int64_t most = 0;
  float overlap = 0;
  const float* score = nullptr;  // none: every score will do
};

struct Box {
  float y_min, x_min, y_max, x_max;

  float Area() const { return (x_max - x_min) * (y_max - y_min); }
};

Box CornersOf(const float* box, bool centered) {
  if (centered) {
    const float half_width = box[2] / 2;
    const float half_height = box[3] / 2;
    return {box[1] - half_height, box[0] - half_width, box[1] + half_height, box[0] + half_width};
  }
  return {std::min(box[0], box[2]), std::min(box[1], box[3]), std::max(box[0], box[2]),
          std::max(box[1], box[3])};
}

bool Overlap(const Box& a, const Box& b, float threshold) {
  const Box shared = {std::max(a.y_min, b.y_min), std::max(a.x_min, b.x_min),
                      std::min(a.y_max, b.y_max), std::min(a.x_max, b.x_max)};
  if (shared.x_max <= shared.x_min || shared.y_max <= shared.y_min) return false;
  const float intersection = shared.Area();
  const float either = a.Area() + b.Area() - intersection;
  if (intersection <= 0 || a.Area() <= 0 || b.Area() <= 0 || either <= 0) return false;
  return intersection / either > threshold;
}

// The one element of input `i`, which is float32; nullptr when it is absent.
const float* Threshold(const OpContext& c, int i) {
  const Tensor* input = c.Optional(i);
  if (input == nullptr || input->count() == 0) return nullptr;
  if (input->count() != 1) {
    c.Invalid("input " + std::to_string(i) + " has " + std::to_string(input->count()) +
              " elements, expected one.");
  }
  return FloatInput(c, i);
}

Limits LimitsOf(const OpContext& c) {
  Limits limits;
  const std::vector<int64_t> most = IntegerInput(c, 2);
  if (most.size() > 1) c.Invalid("input 2 has more than one element.");
  if (!most.empty()) limits.most = most[0];
  if (const float* overlap = Threshold(c, 3)) limits.overlap = *overlap;
  if (!(limits.overlap >= 0 && limits.overlap <= 1)) {
    ThrowInvalidArgument("iou_threshold is " + std::to_string(limits.overlap) +
                         ", expected 0 to 1.");
  }
  limits.score = Threshold(c, 4);
  return limits;
}

// The boxes whose scores will do, best first, the first of equals first; a score
// that is no number comes last.
std::vector<int64_t> Candidates(const float* scores, int64_t count, const Limits& limits) {
  std::vector<int64_t> boxes;
  for (int64_t i = 0; i < count; ++i) {
    if (limits.score == nullptr || scores[i] > *limits.score) boxes.push_back(i);
  }
  std::sort(boxes.begin(), boxes.end(), [&](int64_t a, int64_t b) {
    const bool a_is_nan = std::isnan(scores[a]);
    const bool b_is_nan = std::isnan(scores[b]);
    if (a_is_nan != b_is_nan) return b_is_nan;
    if (a_is_nan || scores[a] == scores[b]) return a < b;
    return scores[a] > scores[b];
  });
  return boxes;
}

std::vector<int64_t> Select(const float* boxes, const float* scores, int64_t count, bool centered,
                            const Limits& limits) {
  std::vector<int64_t> selected;
  std::vector<Box> corners;
  for (int64_t candidate : Candidates(scores, count, limits)) {
    if (static_cast<int64_t>(selected.size()) >= limits.most) break;
    const Box box = CornersOf(boxes + candidate * kBoxSize, centered);
    const bool suppressed = std::any_of(corners.begin(), corners.end(), [&](const Box& earlier) {
      return Overlap(box, earlier, limits.overlap);
    });
    if (suppressed) continue;
    selected.push_back(candidate);
    corners.push_back(box);
  }
  return selected;
}

void Compute(OpContext& c) {
  const Tensor& boxes = c.Input(0);
  const Tensor& scores = c.Input(1);
  const bool fits = boxes.rank() == 3 && scores.rank() == 3 && boxes.dim(2) == kBoxSize &&
                    boxes.dim(0) == scores.dim(0) && boxes.dim(1) == scores.dim(2);
  if (!fits) {
    c.Invalid("boxes of shape " + ToString(boxes.shape()) + " do not fit scores of shape " +
              ToString(scores.shape()) + ".");
  }
  const int64_t centered = c.attributes().Int("center_point_box", 0);
  if (centered != 0 && centered != 1) {
    c.Invalid("attribute 'center_point_box' is " + std::to_string(centered) + ", expected 0 or 1.");
  }
  const Limits limits = LimitsOf(c);
  const int64_t classes = scores.dim(1);
  const int64_t count = boxes.dim(1);
  const float* box = FloatInput(c, 0);
  const float* score = FloatInput(c, 1);
  std::vector<int64_t> found;
  // Without boxes nothing can be found, however many classes there are.
  const int64_t batches = count == 0 ? 0 : boxes.dim(0);
  for (int64_t batch = 0; batch < batches; ++batch, box += count * kBoxSize) {
    for (int64_t kind = 0; kind < classes; ++kind, score += count) {
      for (int64_t i : Select(box, score, count, centered == 1, limits)) {
        found.insert(found.end(), {batch, kind, i});
      }
    }
  }
  Tensor& y = c.Output(0, DType::kInt64, {static_cast<int64_t>(found.size()) / 3, 3});
  std::copy(found.begin(), found.end(), y.mutable_data<int64_t>());
}

}  // namespace

QUANTAB_REGISTER(ops, non_max_suppression) {
  r.Add({.name = "NonMaxSuppression", .since = 10, .compute = Compute});
}

}  // namespace quantab
