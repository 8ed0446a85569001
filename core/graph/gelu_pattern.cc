#include "core/graph/gelu_pattern.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace quantab {
namespace {

// coefficient * factors[0] * factors[1] ...
struct Product {
  double coefficient = 1;
  std::vector<std::string> factors;
  std::vector<int> nodes;
};

constexpr size_t kMostNodes = 8;

// Multiplies `product` with `value`, taken apart where nobody else reads its parts.
void Multiply(const PatternView& graph, const std::string& value, bool root, Product& product) {
  if (const auto scalar = graph.Scalar(value)) {
    product.coefficient *= *scalar;
    return;
  }
  const int maker = graph.Producer(value);
  const bool mine = root || graph.OnlyReader(value) >= 0;
  if (mine && product.nodes.size() < kMostNodes) {
    if (graph.Is(maker, "Mul")) {
      product.nodes.push_back(maker);
      Multiply(graph, graph.Input(maker, 0), false, product);
      Multiply(graph, graph.Input(maker, 1), false, product);
      return;
    }
    const auto second = maker < 0 ? std::optional<double>() : graph.Scalar(graph.Input(maker, 1));
    if (graph.Is(maker, "Div") && second && *second != 0) {
      product.nodes.push_back(maker);
      product.coefficient /= *second;
      Multiply(graph, graph.Input(maker, 0), false, product);
      return;
    }
    if (graph.Is(maker, "Pow") && (second == 2.0 || second == 3.0)) {
      product.nodes.push_back(maker);
      product.factors.insert(product.factors.end(), second == 2.0 ? 2 : 3, graph.Input(maker, 0));
      return;
    }
  }
  product.factors.push_back(value);
}

Product ProductOf(const PatternView& graph, const std::string& value) {
  Product product;
  Multiply(graph, value, true, product);
  return product;
}

void Take(std::vector<int>& nodes, const std::vector<int>& more) {
  nodes.insert(nodes.end(), more.begin(), more.end());
}

// A graph, and how far constants may be from their real values.
class GeluMatcher {
 public:
  GeluMatcher(const PatternView& graph, double tolerance) : graph_(graph), tolerance_(tolerance) {}

  bool Near(double value, double wanted) const {
    return std::fabs(value - wanted) <= tolerance_ * std::fabs(wanted);
  }

  bool IsPower(const Product& product, double coefficient, const std::string& x,
               size_t exponent) const {
    return Near(product.coefficient, coefficient) && product.factors.size() == exponent &&
           std::all_of(product.factors.begin(), product.factors.end(),
                       [&](const std::string& factor) { return factor == x; });
  }

  // Whether `sum` is x + 0.044715 * x^3 or, with `divided`, the same divided by x.
  bool IsCubic(const std::string& sum, const std::string& x, bool divided,
               std::vector<int>& nodes) const {
    const int add = graph_.Producer(sum);
    if (!graph_.Is(add, "Add")) return false;
    for (int k = 0; k < 2; ++k) {
      const std::string& first = graph_.Input(add, k);
      if (divided ? !graph_.IsScalarNear(first, 1, tolerance_) : first != x) continue;
      const Product rest = ProductOf(graph_, graph_.Input(add, 1 - k));
      if (!IsPower(rest, 0.044715, x, divided ? 2 : 3)) continue;
      nodes.push_back(add);
      Take(nodes, rest.nodes);
      return true;
    }
    return false;
  }

  // x, when node `i` reads what it must of it; adds the nodes between.
  std::optional<std::string> MatchArgument(int i, std::vector<int>& nodes) const {
    const Product inner = ProductOf(graph_, graph_.Input(i, 0));
    Take(nodes, inner.nodes);
    const auto& factors = inner.factors;
    if (graph_.Is(i, "Erf")) {
      if (factors.size() != 1 || !IsPower(inner, 1 / std::numbers::sqrt2, factors[0], 1)) {
        return std::nullopt;
      }
      return factors[0];
    }
    const double outer = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;  // sqrt(2 / pi)
    if (!Near(inner.coefficient, outer)) return std::nullopt;
    if (factors.size() == 2) {
      for (size_t k = 0; k < 2; ++k) {
        if (IsCubic(factors[1 - k], factors[k], true, nodes)) return factors[k];
      }
    }
    if (factors.size() != 1) return std::nullopt;
    const int add = graph_.Producer(factors[0]);
    if (!graph_.Is(add, "Add")) return std::nullopt;
    for (int k = 0; k < 2; ++k) {
      const std::string& x = graph_.Input(add, k);
      if (IsCubic(factors[0], x, false, nodes)) return x;
    }
    return std::nullopt;
  }

  // Goes from 1 + erf, which node `add` makes, to the node that makes x / 2 * (1 + erf).
  int FindProduct(int add, const std::string& x, std::vector<int>& nodes) const {
    std::vector<std::string> wanted = {x, graph_.Output(add)};
    std::sort(wanted.begin(), wanted.end());
    int at = add;
    for (int step = 0; step < 3; ++step) {
      at = graph_.OnlyReaderOf(at);
      if (!graph_.Is(at, "Mul") && !graph_.Is(at, "Div")) return -1;
      Product product = ProductOf(graph_, graph_.Output(at));
      std::sort(product.factors.begin(), product.factors.end());
      if (Near(product.coefficient, 0.5) && product.factors == wanted) {
        Take(nodes, product.nodes);
        return at;
      }
    }
    return -1;
  }

 private:
  const PatternView& graph_;
  double tolerance_;
};

}  // namespace

std::optional<GeluPattern> MatchGelu(const PatternView& graph, int i, double tolerance) {
  const GeluMatcher matcher(graph, tolerance);
  if (!graph.Is(i, "Erf") && !graph.Is(i, "Tanh")) return std::nullopt;
  const int add = graph.OnlyReaderOf(i);
  if (!graph.Is(add, "Add")) return std::nullopt;
  const std::string& one = graph.Input(add, graph.Input(add, 0) == graph.Output(i) ? 1 : 0);
  if (!graph.IsScalarNear(one, 1, tolerance)) return std::nullopt;

  GeluPattern pattern;
  pattern.tanh = graph.Is(i, "Tanh");
  pattern.type = graph.TypeOfValue(one);
  pattern.nodes = {i, add};
  const auto x = matcher.MatchArgument(i, pattern.nodes);
  if (!x) return std::nullopt;
  pattern.x = *x;
  pattern.last = matcher.FindProduct(add, *x, pattern.nodes);
  if (pattern.last < 0) return std::nullopt;
  const bool closed = std::all_of(pattern.nodes.begin(), pattern.nodes.end(), [&](int k) {
    if (graph.node(k).output_size() != 1) return false;
    return k == pattern.last || graph.IsReadOnlyBy(graph.Output(k), pattern.nodes);
  });
  if (!closed) return std::nullopt;
  return pattern;
}

}  // namespace quantab
