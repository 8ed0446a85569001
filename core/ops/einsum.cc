// Einsum (ai.onnx, since 12): Einstein's summation convention. Operands are contracted two by two
// from the left; a contraction that is a matrix product runs as one.
#include <algorithm>
#include <cstring>
#include <optional>

#include "core/kernels/f32_gemm/f32_gemm.h"
#include "core/ops/einsum_equation.h"
#include "core/ops/half.h"
#include "core/ops/shape_args.h"
#include "core/ops/strided.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

// --- arithmetic ------------------------------------------------------------------------------

// What is done with elements of one type; steps are in elements.
struct Arithmetic {
  DType dtype;
  size_t size;  // of an element, in bytes
  // y += x, element by element.
  void (*add)(int64_t n, const std::byte* x, int64_t x_step, std::byte* y, int64_t y_step);
  // y += a * b, likewise.
  void (*add_product)(int64_t n, const std::byte* a, int64_t a_step, const std::byte* b,
                      int64_t b_step, std::byte* y, int64_t y_step);
};

// y[i] += f(i); a sum into one element stays in a register.
template <class T, class F>
void Accumulate(int64_t n, std::byte* y, int64_t y_step, F f) {
  T* to = reinterpret_cast<T*>(y);
  if (y_step != 0) {
    for (int64_t i = 0; i < n; ++i) to[i * y_step] = WrapAdd(to[i * y_step], f(i));
    return;
  }
  T sum = *to;
  for (int64_t i = 0; i < n; ++i) sum = WrapAdd(sum, f(i));
  *to = sum;
}

template <class T>
void Add(int64_t n, const std::byte* x, int64_t x_step, std::byte* y, int64_t y_step) {
  const T* from = reinterpret_cast<const T*>(x);
  Accumulate<T>(n, y, y_step, [=](int64_t i) { return from[i * x_step]; });
}

template <class T>
void AddProduct(int64_t n, const std::byte* a, int64_t a_step, const std::byte* b, int64_t b_step,
                std::byte* y, int64_t y_step) {
  const T* left = reinterpret_cast<const T*>(a);
  const T* right = reinterpret_cast<const T*>(b);
  Accumulate<T>(n, y, y_step,
                [=](int64_t i) { return WrapMul(left[i * a_step], right[i * b_step]); });
}

Arithmetic ArithmeticOf(const OpContext& c) {
  Arithmetic arithmetic{};
  VisitNumeric(c, 0, [&](auto zero) {
    using T = decltype(zero);
    arithmetic = {DTypeOf<T>::value, sizeof(T), Add<T>, AddProduct<T>};
  });
  return arithmetic;
}

// --- operands --------------------------------------------------------------------------------

// What all contractions of one equation share.
struct Setting {
  Arithmetic arithmetic;
  const std::map<EinsumLabel, int64_t>& sizes;

  Shape ShapeOf(const EinsumLabels& labels) const {
    Shape shape;
    for (EinsumLabel label : labels) shape.push_back(sizes.at(label));
    return shape;
  }
  int64_t Count(const EinsumLabels& labels) const { return ElementCount(ShapeOf(labels)); }
  std::byte* At(std::byte* data, int64_t element) const {
    return data + element * static_cast<int64_t>(arithmetic.size);
  }
};

bool Contains(const EinsumLabels& labels, EinsumLabel label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

EinsumLabels Joined(EinsumLabels a, const EinsumLabels& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// Elements seen through strides, one for each label. Labels of size 1 are left out, here and
// everywhere below, so that a label of an operand always has its full size.
struct View {
  Tensor owner;
  EinsumLabels labels;
  std::vector<int64_t> strides;

  // Only views of tensors made here are written.
  std::byte* data() const { return owner.buffer().get(); }
  int64_t StrideOf(EinsumLabel label) const {
    const auto found = std::find(labels.begin(), labels.end(), label);
    return found == labels.end() ? 0 : strides[Size(found - labels.begin())];
  }
  std::vector<int64_t> StridesFor(const EinsumLabels& of) const {
    std::vector<int64_t> result;
    for (EinsumLabel label : of) result.push_back(StrideOf(label));
    return result;
  }
};

// Row-major elements, a fresh tensor's.
View NewView(const Setting& setting, const EinsumLabels& labels) {
  const Shape shape = setting.ShapeOf(labels);
  return {Tensor(setting.arithmetic.dtype, shape), labels, StridesOf(shape)};
}

// An operand; where a label comes twice, its diagonal.
View InputView(const Tensor& tensor, const EinsumLabels& labels) {
  View view;
  view.owner = tensor;
  const std::vector<int64_t> strides = StridesOf(tensor.shape());
  for (size_t d = 0; d < labels.size(); ++d) {
    if (tensor.shape()[d] == 1) continue;
    const auto found = std::find(view.labels.begin(), view.labels.end(), labels[d]);
    if (found != view.labels.end()) {
      view.strides[Size(found - view.labels.begin())] += strides[d];
    } else {
      view.labels.push_back(labels[d]);
      view.strides.push_back(strides[d]);
    }
  }
  return view;
}

// y = the elements of x, summed over the labels that y does not have. y is row-major.
void SumInto(const Setting& setting, const View& x, const View& y) {
  const Arithmetic& arithmetic = setting.arithmetic;
  if (x.labels.size() == y.labels.size()) {
    return CopyStrided(arithmetic.size, setting.ShapeOf(y.labels), x.data(), x.StridesFor(y.labels),
                       y.data(), y.strides);
  }
  EinsumLabels all = y.labels;
  for (EinsumLabel label : x.labels) {
    if (!Contains(all, label)) all.push_back(label);
  }
  std::memset(y.data(), 0, y.owner.bytes());
  StridedLoop<2> loop{setting.ShapeOf(all), {x.StridesFor(all), y.StridesFor(all)}};
  loop.Merge();
  ForEachRow(loop, [&](const std::array<int64_t, 2>& at) {
    arithmetic.add(loop.dims.back(), setting.At(x.data(), at[0]), loop.strides[0].back(),
                   setting.At(y.data(), at[1]), loop.strides[1].back());
  });
}

// x with its labels in the order of `labels`, which may be fewer: the others are summed.
View Arranged(const Setting& setting, const View& x, const EinsumLabels& labels) {
  View y = NewView(setting, labels);
  SumInto(setting, x, y);
  return y;
}

// The stride that walks `labels` as one dimension; none where there is no such stride.
std::optional<int64_t> StrideThrough(const Setting& setting, const View& x,
                                     const EinsumLabels& labels) {
  if (labels.empty()) return 1;
  const int64_t last = x.StrideOf(labels.back());
  int64_t expected = last;
  for (size_t i = labels.size(); i-- > 0;) {
    if (x.StrideOf(labels[i]) != expected) return std::nullopt;
    expected *= setting.sizes.at(labels[i]);
  }
  return last;
}

// --- contractions ----------------------------------------------------------------------------

// y = sum over `k` of a * b.
class Contraction {
 public:
  // `y`, row-major, has the labels that are kept; every label of `a` and `b` is one of y's or of
  // both.
  Contraction(const Setting& setting, View a, View b, View y)
      : setting_(setting), a_(std::move(a)), b_(std::move(b)), y_(std::move(y)) {
    for (EinsumLabel label : y_.labels) {
      const bool in_a = Contains(a_.labels, label), in_b = Contains(b_.labels, label);
      (in_a && in_b ? batch_ : in_a ? m_ : n_).push_back(label);
    }
    for (EinsumLabel label : a_.labels) {
      if (!Contains(y_.labels, label)) k_.push_back(label);
    }
  }

  void Run() {
    const bool matrices = setting_.arithmetic.dtype == DType::kFloat && setting_.Count(k_) > 1 &&
                          setting_.Count(m_) * setting_.Count(n_) >= kLeastProduct;
    if (matrices) {
      RunGemm();
    } else {
      RunLoop();
    }
  }

 private:
  // Elements of a product below which a matrix kernel is not worth its preparation.
  static constexpr int64_t kLeastProduct = 16;

  void RunLoop() {
    const EinsumLabels all = Joined(y_.labels, k_);
    std::memset(y_.data(), 0, y_.owner.bytes());
    StridedLoop<3> loop{setting_.ShapeOf(all),
                        {a_.StridesFor(all), b_.StridesFor(all), y_.StridesFor(all)}};
    loop.Merge();
    ForEachRow(loop, [&](const std::array<int64_t, 3>& at) {
      setting_.arithmetic.add_product(loop.dims.back(), setting_.At(a_.data(), at[0]),
                                      loop.strides[0].back(), setting_.At(b_.data(), at[1]),
                                      loop.strides[1].back(), setting_.At(y_.data(), at[2]),
                                      loop.strides[2].back());
    });
  }

  std::optional<int64_t> StrideOf(const View& x, const EinsumLabels& labels) const {
    return StrideThrough(setting_, x, labels);
  }

  // The product's columns must lie side by side in y, its rows one stride apart.
  bool HasRows(const View& y, const EinsumLabels& m, const EinsumLabels& n) const {
    const std::optional<int64_t> row = StrideOf(y, m);
    return row && StrideOf(y, n) == 1 && (m.empty() || *row >= setting_.Count(n));
  }

  void RunGemm() {
    if (!HasRows(y_, m_, n_) && HasRows(y_, n_, m_)) {
      std::swap(a_, b_);
      std::swap(m_, n_);
    }
    const bool direct = HasRows(y_, m_, n_);
    const View y = direct ? y_ : NewView(setting_, Joined(Joined(batch_, m_), n_));
    const std::optional<int64_t> a_row = StrideOf(a_, m_);
    if (StrideOf(a_, k_) != 1 || !a_row || (!m_.empty() && *a_row < setting_.Count(k_))) {
      a_ = Arranged(setting_, a_, Joined(Joined(batch_, m_), k_));
    }
    const std::optional<int64_t> b_column = StrideOf(b_, n_), b_row = StrideOf(b_, k_);
    if (!b_column || !b_row || (*b_column != 1 && *b_row != 1)) {
      b_ = Arranged(setting_, b_, Joined(Joined(batch_, k_), n_));
    }
    Multiply(y);
    if (!direct) SumInto(setting_, y, y_);
  }

  void Multiply(const View& y) const {
    const size_t m = Size(setting_.Count(m_)), n = Size(setting_.Count(n_));
    const size_t k = Size(setting_.Count(k_));
    const size_t a_row = m_.empty() ? k : Size(*StrideOf(a_, m_));
    const size_t y_row = m_.empty() ? n : Size(*StrideOf(y, m_));
    const bool transposed = *StrideOf(b_, n_) != 1;
    const size_t b_step = Size(transposed ? *StrideOf(b_, n_) : *StrideOf(b_, k_));
    Tensor packed = PackedTensor(DType::kFloat, kernels::F32GemmPackedBytes(n, k));
    StridedLoop<3> loop{setting_.ShapeOf(batch_),
                        {a_.StridesFor(batch_), b_.StridesFor(batch_), y.StridesFor(batch_)}};
    loop.Merge();
    const auto at = [&](const View& x, size_t operand, int64_t offset, int64_t i) {
      return reinterpret_cast<float*>(x.data()) + offset + i * loop.strides[operand].back();
    };
    ForEachRow(loop, [&](const std::array<int64_t, 3>& offsets) {
      for (int64_t i = 0; i < loop.dims.back(); ++i) {
        kernels::F32GemmPack(n, k, at(b_, 1, offsets[1], i), b_step, transposed,
                             packed.mutable_data<float>());
        kernels::F32Gemm(m, n, k, at(a_, 0, offsets[0], i), a_row, packed.data<float>(),
                         at(y, 2, offsets[2], i), y_row);
      }
    });
  }

  const Setting& setting_;
  View a_, b_, y_;
  EinsumLabels batch_, m_, n_, k_;
};

// `x` without the labels that nothing needs any more.
View Needed(const Setting& setting, const View& x, const EinsumLabels& needed) {
  EinsumLabels left;
  for (EinsumLabel label : x.labels) {
    if (Contains(needed, label)) left.push_back(label);
  }
  return left.size() == x.labels.size() ? x : Arranged(setting, x, left);
}

// The labels of a product of which `needed` are kept, in an order that a matrix product has: those
// of both, of `a` only, of `b` only.
EinsumLabels Kept(const View& a, const View& b, const EinsumLabels& needed) {
  EinsumLabels batch, m, n;
  for (EinsumLabel label : a.labels) {
    if (Contains(needed, label)) (Contains(b.labels, label) ? batch : m).push_back(label);
  }
  for (EinsumLabel label : b.labels) {
    if (Contains(needed, label) && !Contains(a.labels, label)) n.push_back(label);
  }
  return Joined(Joined(batch, m), n);
}

void Contract(const Setting& setting, const std::vector<View>& operands, const View& y) {
  if (operands.size() == 1) return SumInto(setting, operands[0], y);
  View left = operands[0];
  for (size_t i = 1; i < operands.size(); ++i) {
    EinsumLabels later = y.labels;
    for (size_t j = i + 1; j < operands.size(); ++j) later = Joined(later, operands[j].labels);
    left = Needed(setting, left, Joined(later, operands[i].labels));
    const View right = Needed(setting, operands[i], Joined(later, left.labels));
    const bool last = i + 1 == operands.size();
    const View product = last ? y : NewView(setting, Kept(left, right, later));
    Contraction(setting, left, right, product).Run();
    left = product;
  }
}

void Compute(OpContext& c) {
  const EinsumEquation equation = ReadEinsum(c);
  const Setting setting{ArithmeticOf(c), equation.sizes};
  std::vector<View> operands;
  for (int i = 0; i < c.input_count(); ++i) {
    ExpectSameType(c, 0, i);
    operands.push_back(InputView(c.Input(i), equation.inputs[Size(i)]));
  }
  Tensor& output = c.Output(0, setting.arithmetic.dtype, setting.ShapeOf(equation.output));
  const bool empty = std::any_of(equation.sizes.begin(), equation.sizes.end(),
                                 [](const auto& label) { return label.second == 0; });
  if (empty) {
    std::memset(output.mutable_raw(), 0, output.bytes());
    return;
  }
  EinsumLabels kept = equation.output;
  std::erase_if(kept, [&](EinsumLabel label) { return equation.sizes.at(label) == 1; });
  Contract(setting, operands, {output, kept, StridesOf(setting.ShapeOf(kept))});
}

}  // namespace

QUANTAB_REGISTER(ops, einsum) {
  r.Add({.name = "Einsum", .since = 12, .compute = InFloat<Compute>});
}

}  // namespace quantab
