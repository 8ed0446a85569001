// Puts one operator in the place of a space-to-depth that is written out in steps, as early YOLO
// models have it. b is the size of a block, h = H / b, w = W / b.
//   before:  x [N,C,H,W] -> Reshape [N,C,h,b,w,b]   -> Transpose 0 1 2 4 3 5
//                        -> Reshape [N,C,h*w,b*b]   -> Transpose 0 1 3 2
//                        -> Reshape [N,C,b*b,h,w]   -> Transpose 0 2 1 3 4
//                        -> Reshape [N,b*b*C,h,w]   -> y
//   after:   SpaceToDepth(x), blocksize = b -> y
// Needs: all sizes but N known; nobody else reads between the nodes. It runs only when it is asked
// for.
#include <array>
#include <vector>

#include "core/passes/pass.h"
#include "core/passes/pattern.h"

namespace quantab {
namespace {

constexpr int kSteps = 7;

// Node `first` and its readers, Reshape and Transpose by turns; nothing where they are not that.
std::optional<std::array<int, kSteps>> ChainFrom(const PatternGraph& graph, int first) {
  std::array<int, kSteps> chain = {first};
  for (size_t k = 0; k < kSteps; ++k) {
    if (k > 0) chain[k] = graph.OnlyReaderOf(chain[k - 1]);
    if (!graph.Is(chain[k], k % 2 == 0 ? "Reshape" : "Transpose")) return std::nullopt;
    if (k > 0 && graph.Input(chain[k], 0) != graph.Output(chain[k - 1])) return std::nullopt;
  }
  return chain;
}

// Whether `value` has these dimensions. The first may be unknown.
bool HasShape(const PatternGraph& graph, const std::string& value, const Shape& wanted) {
  const auto shape = graph.ShapeOfValue(value);
  if (!shape || shape->size() != wanted.size()) return false;
  for (size_t i = 1; i < wanted.size(); ++i) {
    if ((*shape)[i] != wanted[i]) return false;
  }
  return true;
}

bool Permutes(const PatternGraph& graph, int transpose, const std::vector<int64_t>& perm) {
  return IntsAttribute(graph.node(transpose), "perm") == perm;
}

// The size of a block; nothing where the shapes or permutations are others.
std::optional<int64_t> BlockOf(const PatternGraph& graph, const std::array<int, kSteps>& chain) {
  const auto x = graph.ShapeOfValue(graph.Input(chain[0], 0));
  const auto split = graph.ShapeOfValue(graph.Output(chain[0]));
  if (!x || !split || x->size() != 4 || split->size() != 6) return std::nullopt;
  const int64_t channels = (*x)[1], height = (*x)[2], width = (*x)[3], block = (*split)[3];
  if (channels < 1 || height < 1 || width < 1 || block < 1) return std::nullopt;
  if (height % block != 0 || width % block != 0) return std::nullopt;
  const int64_t h = height / block, w = width / block, area = block * block;
  const bool fits = HasShape(graph, graph.Output(chain[0]), {-1, channels, h, block, w, block}) &&
                    HasShape(graph, graph.Output(chain[2]), {-1, channels, h * w, area}) &&
                    HasShape(graph, graph.Output(chain[4]), {-1, channels, area, h, w}) &&
                    HasShape(graph, graph.Output(chain[6]), {-1, area * channels, h, w}) &&
                    Permutes(graph, chain[1], {0, 1, 2, 4, 3, 5}) &&
                    Permutes(graph, chain[3], {0, 1, 3, 2}) &&
                    Permutes(graph, chain[5], {0, 2, 1, 3, 4});
  if (!fits) return std::nullopt;
  return block;
}

bool Fuse(PatternGraph& graph, int i) {
  const auto chain = ChainFrom(graph, i);
  if (!chain) return false;
  const auto block = BlockOf(graph, *chain);
  if (!block) return false;
  const int last = chain->back();
  onnx::NodeProto fused =
      PatternNode("SpaceToDepth", graph.node(last).name(), {graph.Input(i, 0)}, graph.Output(last));
  PutInt(fused, "blocksize", *block);
  for (const int node : *chain) {
    if (node != last) graph.Remove(node);
  }
  graph.Replace(last, std::move(fused));
  return true;
}

bool Run(Model& model, const PassContext&) { return RewriteNodes(model, Fuse); }

}  // namespace

QUANTAB_REGISTER(passes, fuse_space_to_depth) {
  r.Add({.name = "fuse_space_to_depth", .stage = PassStage::kFuse, .optional = true, .run = Run});
}

}  // namespace quantab
