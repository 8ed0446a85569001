#include "core/quant/restore_rank.h"

#include <cstring>

#include "core/graph/graph_edit.h"

namespace quantab {
namespace {

class Restorer {
 public:
  Restorer(WeightOnlyRewriter& rewriter, DynamicScope& owner, const RankRestoring& request)
      : rewriter_(rewriter),
        owner_(owner),
        request_(request),
        prefix_(request.prefix + "_" + request.output + "_") {}

  void Add() {
    const std::string zero = Constant("zero", {}, 0), one = Constant("one", {}, 1);
    const std::string two = Constant("two", {}, 2), one_vec = Constant("one_vec", {1}, 1);
    const std::string rank = Constant("rank_b", {}, request_.rank);
    const std::string columns = Constant("n_vec", {1}, request_.columns);
    const std::string zero_vec = Constant("zero_vec", {1}, 0);

    const std::string shape = Make("Shape", {request_.activation}, "a_shape", "shape_a");
    const std::string size = Make("Shape", {shape}, "a_shape_of_shape", "shape_of_a_shape");
    const std::string a_rank = Make("Gather", {size, zero}, "a_rank", "gather_rank");
    // An activation of one dimension counts as a matrix of one row.
    const std::string a_rank_eff = Make("Max", {a_rank, two}, "a_rank_eff", "max_rank_eff");
    const std::string extra = Make("Sub", {rank, a_rank_eff}, "extra_raw", "sub");
    const std::string count = Make("Max", {extra, zero}, "extra_count", "max");
    const std::string count_vec =
        Make("Reshape", {count, one_vec}, "extra_count_vec", "reshape_extra");
    const std::string ones = Make("ConstantOfShape", {count_vec}, "extra_ones", "const_ones");
    SetOnes();
    const std::string last = Make("Sub", {a_rank, one}, "a_rank_m1", "sub_one");
    const std::string last_vec =
        Make("Reshape", {last, one_vec}, "a_rank_m1_vec", "reshape_rank_m1");
    const std::string leading =
        Make("Slice", {shape, zero_vec, last_vec, zero_vec}, "a_prefix_shape", "slice_a_prefix");
    const std::string target =
        Make("Concat", {ones, leading, columns}, "target_shape", "concat_target");
    SetIntAttribute(rewriter_.scope().nodes.back(), "axis", 0);
    rewriter_.Add("Reshape", {request_.product, target}, {request_.output},
                  prefix_ + "reshape_out");
  }

 private:
  std::string Constant(const std::string& name, const Shape& shape, int64_t value) {
    std::vector<std::byte> bytes(sizeof(value));
    std::memcpy(bytes.data(), &value, sizeof(value));
    return rewriter_.AddTensor(owner_, prefix_ + name, DType::kInt64, shape,
                               MakeMemoryBlob(std::move(bytes)));
  }

  std::string Make(const std::string& op_type, const std::vector<std::string>& inputs,
                   const std::string& output, const std::string& name) {
    const std::string made = rewriter_.scope().FreshValue(prefix_ + output);
    rewriter_.Add(op_type, inputs, {made}, prefix_ + name);
    return made;
  }

  // The attribute of the ConstantOfShape that was made last.
  void SetOnes() {
    onnx::AttributeProto& value = *rewriter_.scope().nodes.back().add_attribute();
    value.set_name("value");
    value.set_type(onnx::AttributeProto::TENSOR);
    value.mutable_t()->set_name(prefix_ + "one_value");
    value.mutable_t()->set_data_type(onnx::TensorProto::INT64);
    value.mutable_t()->add_dims(1);
    value.mutable_t()->add_int64_data(1);
  }

  WeightOnlyRewriter& rewriter_;
  DynamicScope& owner_;
  const RankRestoring& request_;
  const std::string prefix_;
};

}  // namespace

void AddRankRestoring(WeightOnlyRewriter& rewriter, DynamicScope& owner,
                      const RankRestoring& request) {
  Restorer(rewriter, owner, request).Add();
}

}  // namespace quantab
