#include "core/ops/einsum_equation.h"

#include <algorithm>
#include <string_view>

#include "core/ops/types.h"

namespace quantab {
namespace {

// An ellipsis in a term, where every other label is a letter.
constexpr char kEllipsis = '.';
constexpr EinsumLabel kFirstEllipsisLabel = 256;

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The terms as written, an ellipsis as one character.
struct Terms {
  std::vector<std::string> inputs;
  std::string output;
};

[[noreturn]] void BadEquation(const OpContext& c, const std::string& what) {
  c.Invalid("attribute 'equation' is '" + Shorten(c.attributes().String("equation", "")) + "', " +
            what);
}

std::string ReadTerm(const OpContext& c, std::string_view text) {
  std::string term;
  for (size_t i = 0; i < text.size(); ++i) {
    if (IsLetter(text[i])) {
      term += text[i];
    } else if (text.substr(i, 3) == "..." && term.find(kEllipsis) == std::string::npos) {
      term += kEllipsis;
      i += 2;
    } else {
      BadEquation(c, "which is no valid equation.");
    }
  }
  return term;
}

// The ellipsis, then the letters that occur once.
std::string ImplicitOutput(const std::vector<std::string>& inputs) {
  std::map<char, int> uses;
  for (const std::string& term : inputs) {
    for (char label : term) ++uses[label];
  }
  std::string output;
  if (uses.count(kEllipsis) > 0) output += kEllipsis;
  for (const auto& [label, count] : uses) {
    if (label != kEllipsis && count == 1) output += label;
  }
  return output;
}

Terms ReadTerms(const OpContext& c) {
  std::string text = c.attributes().String("equation", "");
  std::erase(text, ' ');
  const size_t arrow = text.find("->");
  const std::string_view left = std::string_view(text).substr(0, arrow);
  Terms terms;
  for (size_t start = 0; start <= left.size();) {
    const size_t end = std::min(left.find(',', start), left.size());
    terms.inputs.push_back(ReadTerm(c, left.substr(start, end - start)));
    start = end + 1;
  }
  if (terms.inputs.size() != Size(c.input_count())) {
    BadEquation(c, "which has '" + std::to_string(terms.inputs.size()) + "' terms for '" +
                       std::to_string(c.input_count()) + "' inputs.");
  }
  terms.output = arrow == std::string::npos ? ImplicitOutput(terms.inputs)
                                            : ReadTerm(c, std::string_view(text).substr(arrow + 2));
  return terms;
}

// `term` with an ellipsis of `dims` dimensions.
EinsumLabels Expand(const std::string& term, size_t dims) {
  EinsumLabels labels;
  for (char label : term) {
    if (label != kEllipsis) {
      labels.push_back(label);
      continue;
    }
    for (size_t d = dims; d-- > 0;) {
      labels.push_back(kFirstEllipsisLabel + static_cast<EinsumLabel>(d));
    }
  }
  return labels;
}

void AddSizes(const OpContext& c, const EinsumLabels& labels, const Shape& shape,
              std::map<EinsumLabel, int64_t>& sizes) {
  std::map<EinsumLabel, int64_t> own;
  for (size_t d = 0; d < labels.size(); ++d) {
    // A diagonal is one of equal dimensions.
    const bool equal = own.emplace(labels[d], shape[d]).first->second == shape[d];
    int64_t& size = sizes.emplace(labels[d], 1).first->second;
    if (!equal || (size != 1 && shape[d] != 1 && size != shape[d])) {
      BadEquation(c, "which gives one label dimensions of sizes '" + std::to_string(size) +
                         "' and '" + std::to_string(shape[d]) + "'.");
    }
    if (shape[d] != 1) size = shape[d];
  }
}

}  // namespace

EinsumEquation ReadEinsum(const OpContext& c) {
  const Terms terms = ReadTerms(c);
  EinsumEquation equation;
  size_t most_dims = 0;
  for (int i = 0; i < c.input_count(); ++i) {
    const std::string& term = terms.inputs[Size(i)];
    const Shape& shape = c.Input(i).shape();
    const bool ellipsis = term.find(kEllipsis) != std::string::npos;
    const size_t letters = term.size() - (ellipsis ? 1 : 0);
    if (ellipsis ? shape.size() < letters : shape.size() != letters) {
      BadEquation(c, "which does not fit input " + std::to_string(i) + " of shape " +
                         ToString(shape) + ".");
    }
    const size_t dims = shape.size() - letters;
    most_dims = std::max(most_dims, dims);
    equation.inputs.push_back(Expand(term, dims));
    AddSizes(c, equation.inputs.back(), shape, equation.sizes);
  }
  if (most_dims > 0 && terms.output.find(kEllipsis) == std::string::npos) {
    BadEquation(c, "which has no ellipsis in its output.");
  }
  equation.output = Expand(terms.output, most_dims);
  for (size_t i = 0; i < equation.output.size(); ++i) {
    const auto from = equation.output.begin() + static_cast<std::ptrdiff_t>(i) + 1;
    const bool twice =
        std::find(from, equation.output.end(), equation.output[i]) != equation.output.end();
    if (twice || equation.sizes.count(equation.output[i]) == 0) {
      BadEquation(c, "whose output has a label twice, or one that no input has.");
    }
  }
  return equation;
}

}  // namespace quantab
