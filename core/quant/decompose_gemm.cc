#include "core/quant/decompose_gemm.h"

#include <map>
#include <utility>

#include "core/base/error.h"
#include "core/graph/graph_edit.h"
#include "core/quant/weight.h"

namespace quantab {
namespace {

bool IsPlainGemm(const onnx::NodeProto& node) {
  return node.op_type() == "Gemm" && (node.domain().empty() || node.domain() == "ai.onnx") &&
         node.input_size() >= 2 && node.output_size() > 0 &&
         FloatAttribute(node, "alpha", 1) == 1 && FloatAttribute(node, "beta", 1) == 1 &&
         IntAttribute(node, "transA", 0) == 0;
}

bool HasC(const onnx::NodeProto& gemm) { return gemm.input_size() > 2 && !gemm.input(2).empty(); }

class Decomposer {
 public:
  Decomposer(Model& model, Selection& selection, const DecomposeOptions& options)
      : model_(model), selection_(selection), options_(options), edit_(model) {}

  TransposedConstants Run() {
    CountReads(model_.proto.graph());
    Rewrite(*model_.proto.mutable_graph());
    return std::move(constants_);
  }

 private:
  bool Decomposes(const onnx::NodeProto& node) const {
    return IsPlainGemm(node) && !selection_.Excluded(node);
  }

  // Reads of each value in the graph and inside it, and those that want it transposed.
  void CountReads(const onnx::GraphProto& graph) {
    for (const auto& output : graph.output()) ++reads_[output.name()];
    for (const auto& node : graph.node()) {
      for (const std::string& input : node.input()) ++reads_[input];
      if (Decomposes(node) && IntAttribute(node, "transB", 0) != 0) {
        ++transposed_reads_[node.input(1)];
      }
      ForEachSubgraph(node, [&](const onnx::GraphProto& inner) { CountReads(inner); });
    }
  }

  void Rewrite(onnx::GraphProto& graph) {
    scopes_.push_back(&graph);
    google::protobuf::RepeatedPtrField<onnx::NodeProto> nodes;
    nodes.Swap(graph.mutable_node());
    std::map<std::string, std::string> transposes;  // computed b -> its transpose, in this graph
    for (auto& node : nodes) {
      ForEachSubgraph(node, [&](onnx::GraphProto& inner) { Rewrite(inner); });
      if (Decomposes(node)) {
        Decompose(node, graph, transposes);
      } else {
        graph.add_node()->Swap(&node);
      }
    }
    scopes_.pop_back();
  }

  void Decompose(const onnx::NodeProto& gemm, onnx::GraphProto& graph,
                 std::map<std::string, std::string>& transposes) {
    const std::string prefix = gemm.name().empty() ? "" : gemm.name() + "_";
    const auto make = [&](const char* op_type, const std::vector<std::string>& inputs,
                          const std::string& output) {
      onnx::NodeProto node;
      node.mutable_input()->Add(inputs.begin(), inputs.end());
      node.add_output(output);
      if (!prefix.empty()) node.set_name(prefix + op_type);
      node.set_op_type(op_type);
      return node;
    };

    const std::string product =
        HasC(gemm) ? edit_.FreshValue(gemm.output(0) + "_MatMul") : gemm.output(0);
    onnx::NodeProto matmul = make("MatMul", {gemm.input(0), gemm.input(1)}, product);
    selection_.AddOrigin(matmul, gemm);
    if (IntAttribute(gemm, "transB", 0) != 0) {
      const bool tied = StaysTied(matmul);
      std::string b = tied ? "" : TransposeConstant(gemm.input(1));
      if (b.empty()) {
        std::string& transposed = transposes[gemm.input(1)];
        if (transposed.empty()) {
          transposed = edit_.FreshValue(gemm.input(1) + "_Transposed");
          *graph.add_node() = make("Transpose", {gemm.input(1)}, transposed);
          if (tied) selection_.AddOrigin(graph.node(graph.node_size() - 1), gemm);
        }
        b = transposed;
      }
      matmul.set_input(1, b);
    }
    graph.add_node()->Swap(&matmul);
    if (HasC(gemm)) *graph.add_node() = make("Add", {product, gemm.input(2)}, gemm.output(0));
  }

  // Whether `matmul`, which wants its second input transposed, is to share it, quantized, with
  // those who look up in it.
  bool StaysTied(const onnx::NodeProto& matmul) const {
    return options_.tied.contains(matmul.input(1)) && selection_.HasType("Transpose") &&
           selection_.Selected(matmul) && (scopes_.size() == 1 || options_.subgraphs);
  }

  // The name of the initializer that holds the transpose of initializer `name`, or "" when `name`
  // is no initializer of this or an outer graph.
  std::string TransposeConstant(const std::string& name) {
    for (size_t depth = scopes_.size(); depth-- > 0;) {
      onnx::GraphProto& owner = *scopes_[depth];
      const auto key = std::make_pair(&owner, name);
      if (const auto known = names_.find(key); known != names_.end()) return known->second;
      for (int i = 0; i < owner.initializer_size(); ++i) {
        if (owner.initializer(i).name() == name) return names_[key] = Transpose(owner, i);
      }
    }
    return {};
  }

  std::string Transpose(onnx::GraphProto& owner, int index) {
    const onnx::TensorProto source = owner.initializer(index);
    const Shape shape = ShapeOf(source);
    if (shape.size() != 2) {
      Place place;
      place.tensor = source.name();
      ThrowInvalidModel("Tensor '" + source.name() +
                            "' is the second input of a Gemm and has shape " + ToString(shape) +
                            ", expected two dimensions.",
                        place);
    }
    const bool in_place = reads_[source.name()] == transposed_reads_[source.name()];
    onnx::TensorProto transposed;
    transposed.add_dims(shape[1]);
    transposed.add_dims(shape[0]);
    transposed.set_data_type(source.data_type());
    transposed.set_name(in_place ? source.name() : edit_.FreshValue(source.name() + "_Transposed"));
    const BlobPtr bytes = BytesOf(model_, source);
    SetBytes(model_, transposed,
             TransposedBlob(bytes, 1, shape[0], shape[1], SizeOf(TypeOf(source))));
    if (in_place) {
      owner.mutable_initializer()->DeleteSubrange(index, 1);
      for (int i = 0; i < owner.input_size(); ++i) {
        if (owner.input(i).name() != source.name()) continue;
        owner.mutable_input()->DeleteSubrange(i, 1);
        break;
      }
    }
    if (IsDetached(transposed)) constants_[BytesOf(model_, transposed).get()] = {bytes, shape};
    const std::string name = transposed.name();
    *owner.add_initializer() = std::move(transposed);
    return name;
  }

  Model& model_;
  Selection& selection_;
  const DecomposeOptions& options_;
  GraphEdit edit_;  // for fresh names only: the graph changes beneath it
  std::vector<onnx::GraphProto*> scopes_;
  std::unordered_map<std::string, int> reads_, transposed_reads_;
  // Constant b of a graph -> the name of its transpose.
  std::map<std::pair<onnx::GraphProto*, std::string>, std::string> names_;
  TransposedConstants constants_;
};

void CollectNames(const onnx::GraphProto& graph, std::vector<std::string>& names) {
  for (const auto& node : graph.node()) {
    if (IsPlainGemm(node) && !node.name().empty()) {
      names.push_back(node.name() + "_MatMul");
      if (HasC(node)) names.push_back(node.name() + "_Add");
      if (IntAttribute(node, "transB", 0) != 0) names.push_back(node.name() + "_Transpose");
    }
    ForEachSubgraph(node, [&](const onnx::GraphProto& inner) { CollectNames(inner, names); });
  }
}

}  // namespace

TransposedConstants DecomposeGemms(Model& model, Selection& selection,
                                   const DecomposeOptions& options) {
  return Decomposer(model, selection, options).Run();
}

std::vector<std::string> DecomposedNames(const onnx::GraphProto& graph) {
  std::vector<std::string> names;
  CollectNames(graph, names);
  return names;
}

}  // namespace quantab
