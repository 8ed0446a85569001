#include "core/graph/pattern_view.h"

#include <cmath>

namespace quantab {
namespace {

const std::string& EmptyName() {
  static const std::string empty;
  return empty;
}

}  // namespace

bool PatternView::Is(int i, std::string_view op_type) const {
  return i >= 0 && node(i).op_type() == op_type && CanonicalDomain(node(i).domain()).empty();
}

const std::string& PatternView::Input(int i, int k) const {
  return k < node(i).input_size() ? node(i).input(k) : EmptyName();
}

const std::string& PatternView::Output(int i, int k) const {
  return k < node(i).output_size() ? node(i).output(k) : EmptyName();
}

int PatternView::OnlyReaderOf(int i) const {
  return node(i).output_size() == 1 ? OnlyReader(node(i).output(0)) : -1;
}

bool PatternView::IsScalarNear(const std::string& value, double wanted,
                               double relative_tolerance) const {
  const std::optional<double> scalar = Scalar(value);
  return scalar && std::fabs(*scalar - wanted) <= relative_tolerance * std::fabs(wanted);
}

}  // namespace quantab
