// TfIdfVectorizer (ai.onnx, since 9): how often each n-gram of a pool comes in each row, with up to
// max_skip_count items between its items. Mode TF counts, IDF gives the n-gram's weight where it
// comes at all, TFIDF the weight times the count.
#include <algorithm>
#include <limits>
#include <map>
#include <span>
#include <unordered_map>
#include <utility>

#include "core/ops/shape_args.h"
#include "core/ops/text.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

constexpr int64_t kNone = -1;

enum class Weighting { kTf, kIdf, kTfIdf };

struct Vectorizer final : OpState {
  Weighting weighting = Weighting::kTf;
  int64_t shortest = 1, longest = 1, most_skipped = 0;
  int64_t width = 0;             // of the output
  std::vector<int64_t> columns;  // by n-gram
  std::vector<float> weights;    // by n-gram
  // Items are numbers; strings of the pool are numbered.
  bool has_strings = false;
  std::unordered_map<std::string, int64_t> numbers;
  // The pool as a tree of nodes, 0 the root: from (node, item) to a node, and the n-gram that ends
  // at a node.
  std::map<std::pair<int64_t, int64_t>, int64_t> next;
  std::vector<int64_t> gram_at = {kNone};

  size_t bytes() const override {
    return columns.size() * (sizeof(int64_t) + sizeof(float)) +
           gram_at.size() * (sizeof(int64_t) + sizeof(decltype(next)::value_type));
  }

  // The node after `node` by `item`, or kNone.
  int64_t Next(int64_t node, int64_t item) const {
    const auto found = next.find({node, item});
    return found == next.end() ? kNone : found->second;
  }

  void AddGram(std::span<const int64_t> items, int64_t gram) {
    int64_t node = 0;
    for (int64_t item : items) {
      const int64_t fresh = static_cast<int64_t>(gram_at.size());
      const auto [at, added] = next.try_emplace({node, item}, fresh);
      if (added) gram_at.push_back(kNone);
      node = at->second;
    }
    gram_at[Size(node)] = gram;
  }
};

Weighting WeightingOf(const PrepareContext& c) {
  const std::string mode = c.attributes().String("mode", "");
  if (mode == "TF") return Weighting::kTf;
  if (mode == "IDF") return Weighting::kIdf;
  if (mode == "TFIDF") return Weighting::kTfIdf;
  c.Invalid("attribute 'mode' is '" + mode + "', expected 'TF', 'IDF' or 'TFIDF'.");
}

void ReadLengths(const PrepareContext& c, Vectorizer& v) {
  v.shortest = c.attributes().Int("min_gram_length", 1);
  v.longest = c.attributes().Int("max_gram_length", 1);
  v.most_skipped = c.attributes().Int("max_skip_count", 0);
  if (v.shortest < 1 || v.longest < v.shortest || v.most_skipped < 0) {
    c.Invalid("n-grams of " + std::to_string(v.shortest) + " to " + std::to_string(v.longest) +
              " items that skip up to " + std::to_string(v.most_skipped) + " are not possible.");
  }
}

void ReadColumns(const PrepareContext& c, Vectorizer& v) {
  v.columns = c.attributes().Ints("ngram_indexes");
  for (int64_t column : v.columns) {
    if (column < 0 || column == std::numeric_limits<int64_t>::max()) {
      c.Invalid("attribute 'ngram_indexes' has " + std::to_string(column) + ".");
    }
    v.width = std::max(v.width, column + 1);
  }
  if (v.columns.empty()) c.Invalid("attribute 'ngram_indexes' is missing.");
  v.weights = c.attributes().Floats("weights");
  if (v.weights.empty()) v.weights.assign(v.columns.size(), 1.0f);
  if (v.weights.size() != v.columns.size()) {
    c.Invalid("there are " + std::to_string(v.weights.size()) + " weights for " +
              std::to_string(v.columns.size()) + " n-grams.");
  }
}

std::vector<int64_t> ReadPool(const PrepareContext& c, Vectorizer& v) {
  v.has_strings = c.attributes().Has("pool_strings");
  if (v.has_strings == c.attributes().Has("pool_int64s")) {
    c.Invalid("one of attributes 'pool_strings' and 'pool_int64s' is expected.");
  }
  if (!v.has_strings) return c.attributes().Ints("pool_int64s");
  std::vector<int64_t> pool;
  for (const std::string& text : c.attributes().Strings("pool_strings")) {
    pool.push_back(v.numbers.try_emplace(text, static_cast<int64_t>(pool.size())).first->second);
  }
  return pool;
}

void ReadGrams(const PrepareContext& c, Vectorizer& v) {
  const std::vector<int64_t> pool = ReadPool(c, v);
  std::vector<int64_t> begins = c.attributes().Ints("ngram_counts");
  begins.push_back(static_cast<int64_t>(pool.size()));
  int64_t gram = 0;
  for (size_t i = 0; i + 1 < begins.size(); ++i) {
    const int64_t length = static_cast<int64_t>(i) + 1;
    if (begins[i] < 0 || begins[i + 1] < begins[i] || begins.back() < begins[i + 1] ||
        (begins[i + 1] - begins[i]) % length != 0) {
      c.Invalid("attribute 'ngram_counts' does not fit a pool of " + std::to_string(pool.size()) +
                " items.");
    }
    for (int64_t at = begins[i]; at < begins[i + 1]; at += length, ++gram) {
      if (length < v.shortest || length > v.longest) continue;
      if (gram >= static_cast<int64_t>(v.columns.size())) {
        c.Invalid("attribute 'ngram_indexes' has no column for n-gram " + std::to_string(gram) +
                  ".");
      }
      v.AddGram(std::span(pool).subspan(Size(at), i + 1), gram);
    }
  }
}

std::unique_ptr<OpState> Prepare(PrepareContext& c) {
  auto state = std::make_unique<Vectorizer>();
  state->weighting = WeightingOf(c);
  ReadLengths(c, *state);
  ReadColumns(c, *state);
  ReadGrams(c, *state);
  return state;
}

std::vector<int64_t> Items(const OpContext& c, const Vectorizer& v) {
  if (!v.has_strings) return IntegerInput(c, 0);
  std::vector<int64_t> items;
  for (const std::string& text : StringInput(c, 0)) {
    const auto found = v.numbers.find(text);
    items.push_back(found == v.numbers.end() ? kNone : found->second);
  }
  return items;
}

// Counts the n-grams of at least `shortest` items that begin at `begin`, every `step` items.
void CountAt(const Vectorizer& v, std::span<const int64_t> row, size_t begin, size_t step,
             int64_t shortest, float* y) {
  int64_t node = 0;
  int64_t length = 1;
  for (size_t at = begin; at < row.size() && length <= v.longest; at += step, ++length) {
    node = v.Next(node, row[at]);
    if (node == kNone) return;
    const int64_t gram = v.gram_at[Size(node)];
    if (gram == kNone || length < shortest) continue;
    float& count = y[v.columns[Size(gram)]];
    const float weight = v.weighting == Weighting::kTf ? 1.0f : v.weights[Size(gram)];
    count = v.weighting == Weighting::kIdf ? weight : count + weight;
  }
}

void CountRow(const Vectorizer& v, std::span<const int64_t> row, float* y) {
  const int64_t size = static_cast<int64_t>(row.size());
  int64_t shortest = v.shortest;
  for (int64_t step = 1; step - 1 <= v.most_skipped; ++step) {
    if (shortest > v.longest || shortest - 1 > (size - 1) / step) return;
    for (size_t begin = 0; begin < row.size(); ++begin) {
      CountAt(v, row, begin, Size(step), shortest, y);
    }
    // A single item skips nothing, and is counted once.
    shortest = std::max<int64_t>(shortest, 2);
  }
}

void Compute(OpContext& c) {
  const Vectorizer& v = *static_cast<const Vectorizer*>(c.state());
  const Tensor& x = c.Input(0);
  if (x.rank() > 2) {
    c.Invalid("input 0 has shape " + ToString(x.shape()) + ", expected rank 1 or 2.");
  }
  const std::vector<int64_t> items = Items(c, v);
  const size_t rows = x.rank() == 2 ? Size(x.dim(0)) : 1;
  const size_t columns = rows == 0 ? 0 : items.size() / rows;
  Shape shape = {v.width};
  if (x.rank() == 2) shape.insert(shape.begin(), x.dim(0));
  Tensor& output = c.Output(0, DType::kFloat, std::move(shape));
  float* y = output.mutable_data<float>();
  std::fill_n(y, output.count(), 0.0f);
  for (size_t row = 0; row < rows; ++row) {
    CountRow(v, std::span(items).subspan(row * columns, columns), y + row * Size(v.width));
  }
}

}  // namespace

QUANTAB_REGISTER(ops, tf_idf_vectorizer) {
  r.Add({.name = "TfIdfVectorizer", .since = 9, .prepare = Prepare, .compute = Compute});
}

}  // namespace quantab
