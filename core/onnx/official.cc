#include "core/onnx/official.h"

#include <algorithm>
#include <exception>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/onnx/function_calls.h"
#include "core/onnx/guarded_schemas.h"
#include "core/onnx/inference_cost.h"
#include "core/onnx/order.h"
#include "core/onnx/tensor_check.h"
#include "onnx/checker.h"
#include "onnx/defs/schema.h"
#include "onnx/inliner/inliner.h"
#include "onnx/shape_inference/implementation.h"
#include "onnx/version_converter/convert.h"

namespace quantab {
namespace {

// The library's messages have several lines; ours are sentences.
std::string OneLine(const char* text) {
  std::string line;
  for (const char* c = text; *c != 0; ++c) {
    const bool space = *c == '\n' || *c == '\r' || *c == '\t' || *c == ' ';
    if (!space) {
      line += *c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  // "<file>:<line>: <function>: Assertion `<code>` failed: <reason>" tells users but the reason.
  constexpr std::string_view kAssertion = "` failed: ";
  const size_t assertion = line.find(kAssertion);
  if (assertion != std::string::npos) line.erase(0, assertion + kAssertion.size());
  while (!line.empty() && (line.back() == ' ' || line.back() == '.')) line.pop_back();
  constexpr size_t kLongest = 1000;
  return line.size() <= kLongest ? line : Shorten(line);
}

// Runs the library; its complaint, if any, comes back as text.
template <class Body>
std::optional<std::string> Complaint(Body&& body) {
  try {
    body();
    return std::nullopt;
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    RethrowAsError();
  } catch (const std::exception& e) {
    return OneLine(e.what());
  }
}

// What the linked library is too old for, or empty.
std::string TooNew(const onnx::ModelProto& proto) {
  if (proto.ir_version() > NewestIrVersion()) {
    return "IR version " + std::to_string(proto.ir_version()) + ", newer than " +
           std::to_string(NewestIrVersion());
  }
  const auto& known = onnx::OpSchemaRegistry::DomainToVersionRange::Instance().Map();
  for (const auto& opset : proto.opset_import()) {
    const auto range = known.find(CanonicalDomain(opset.domain()));
    if (range != known.end() && opset.version() > range->second.second) {
      return "version " + std::to_string(opset.version()) + " of operator set '" +
             (opset.domain().empty() ? "ai.onnx" : opset.domain()) + "', newer than " +
             std::to_string(range->second.second);
    }
  }
  return "";
}

// Calls `visit` for every node of the list and of the graphs in them.
template <class Visit>
void ForEachNode(NodeList& nodes, const Visit& visit) {
  for (auto& node : nodes) {
    visit(node);
    for (auto& attribute : *node.mutable_attribute()) {
      if (attribute.has_g()) ForEachNode(*attribute.mutable_g()->mutable_node(), visit);
      for (auto& inner : *attribute.mutable_graphs()) ForEachNode(*inner.mutable_node(), visit);
    }
  }
}

// The checker lets experimental operators pass, but prints their names on stdout, which is the
// caller's. In a domain that it does not know they pass in silence.
onnx::ModelProto WithoutExperimental(const onnx::ModelProto& proto) {
  constexpr char kDomain[] = "quantab.experimental";
  onnx::ModelProto changed = proto;
  const auto replace = [&](auto* nodes, auto* imports) {
    bool any = false;
    ForEachNode(*nodes, [&](onnx::NodeProto& node) {
      if (!onnx::checker::check_is_experimental_op(node)) return;
      node.set_domain(kDomain);
      any = true;
    });
    if (!any) return;
    auto* import = imports->Add();
    import->set_domain(kDomain);
    import->set_version(1);
  };
  replace(changed.mutable_graph()->mutable_node(), changed.mutable_opset_import());
  for (auto& function : *changed.mutable_functions()) {
    replace(function.mutable_node(), function.mutable_opset_import());
  }
  return changed;
}

// Puts the main graph's nodes into an order in which they can run, for as long as it lives: the
// library infers in file order, and files exist that are not sorted.
class SortedNodes {
 public:
  explicit SortedNodes(onnx::GraphProto& graph) : nodes_(graph.mutable_node()) {
    const auto is_given = [](std::string_view) { return true; };
    const auto where = [&] { return "Graph '" + Shorten(graph.name()) + "'"; };
    const std::vector<int> order = OrderNodes(*nodes_, is_given, where);
    place_.resize(order.size());
    for (size_t i = 0; i < order.size(); ++i) {
      place_[static_cast<size_t>(order[i])] = static_cast<int>(i);
    }
    Apply(place_);
  }
  ~SortedNodes() {
    std::vector<int> back(place_.size());
    for (size_t i = 0; i < place_.size(); ++i) {
      back[static_cast<size_t>(place_[i])] = static_cast<int>(i);
    }
    Apply(back);
  }
  SortedNodes(const SortedNodes&) = delete;
  SortedNodes& operator=(const SortedNodes&) = delete;

 private:
  // Moves the node at i to target[i].
  void Apply(std::vector<int> target) {
    for (int i = 0; i < static_cast<int>(target.size()); ++i) {
      while (target[static_cast<size_t>(i)] != i) {
        const int to = target[static_cast<size_t>(i)];
        nodes_->SwapElements(i, to);
        std::swap(target[static_cast<size_t>(i)], target[static_cast<size_t>(to)]);
      }
    }
  }

  google::protobuf::RepeatedPtrField<onnx::NodeProto>* nodes_;
  std::vector<int> place_;
};

bool HasSparseInitializer(const onnx::GraphProto& graph) {
  if (graph.sparse_initializer_size() > 0) return true;
  for (const auto& node : graph.node()) {
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_g() && HasSparseInitializer(attribute.g())) return true;
    }
  }
  return false;
}

void Infer(onnx::ModelProto& proto, bool propagate_data, const GuardedSchemas& schemas) {
  const onnx::ShapeInferenceOptions options(/*check_type_val=*/false, /*strict_mode_val=*/0,
                                            propagate_data);
  onnx::shape_inference::InferShapes(proto, &schemas, options);
}

// Whether the library's own inference, with which it begins a conversion, would meet a node that
// the guarded one refuses.
bool IsTrap(const Model& model) {
  if (InferenceCost(model) > kMaxInferenceCost) return true;
  onnx::ModelProto copy = model.proto;
  const GuardedSchemas schemas(nullptr);
  // A complaint is the library's to repeat.
  Complaint([&] { Infer(copy, false, schemas); });
  return schemas.tripped();
}

// Whether functions of another operator set may be converted when they are inlined. The library
// infers the whole model again for each call.
bool MayConvertFunctions(Model& model, uint64_t nodes_in_calls) {
  constexpr uint64_t kMaxInferences = 1'000'000;
  uint64_t nodes = nodes_in_calls;
  ForEachNode(*model.proto.mutable_graph()->mutable_node(),
              [&](const onnx::NodeProto&) { ++nodes; });
  return nodes * nodes_in_calls <= kMaxInferences && !IsTrap(model);
}

// As the library's ConvertVersion, which would gather all schemas again each time.
onnx::ModelProto Convert(const onnx::ModelProto& proto, int64_t from, int64_t to) {
  static const onnx::version_conversion::DefaultVersionConverter converter;
  onnx::ModelProto inferred = proto;
  onnx::shape_inference::InferShapes(inferred);
  return converter.convert_version(inferred, onnx::OpSetID(from), onnx::OpSetID(to));
}

[[noreturn]] void FailConversion(const Model& model, int64_t version, const std::string& reason) {
  Place place;
  place.file = model.name;
  ThrowUnsupported("'" + model.name + "' cannot be converted to operator set " +
                       std::to_string(version) + ": " + reason +
                       ". Export the model with that operator set instead.",
                   place);
}

// Parts of the model that the converter does not carry over, and that stay true.
void RestoreDropped(const onnx::ModelProto& before, onnx::ModelProto& after) {
  if (after.metadata_props_size() == 0) *after.mutable_metadata_props() = before.metadata_props();
  if (after.functions_size() == 0) *after.mutable_functions() = before.functions();
  if (after.configuration_size() == 0) *after.mutable_configuration() = before.configuration();
  onnx::GraphProto& graph = *after.mutable_graph();
  if (graph.metadata_props_size() == 0) {
    *graph.mutable_metadata_props() = before.graph().metadata_props();
  }
  if (graph.quantization_annotation_size() == 0) {
    *graph.mutable_quantization_annotation() = before.graph().quantization_annotation();
  }
}

}  // namespace

int64_t NewestOpset() {
  return onnx::OpSchemaRegistry::DomainToVersionRange::Instance().LastReleaseVersionMap().at("");
}

int64_t NewestIrVersion() { return onnx::Version::IR_VERSION; }

std::optional<std::string> CheckModel(const Model& model, std::string* warning) {
  return Guard([&]() -> std::optional<std::string> {
    if (const std::string newer = TooNew(model.proto); !newer.empty()) {
      if (warning != nullptr) {
        *warning =
            "'" + model.name + "' has " + newer + ", the newest known here. It was not checked.";
      }
      return std::nullopt;
    }
    return Complaint([&] { onnx::checker::check_model(WithoutExperimental(model.proto)); });
  });
}

std::optional<std::string> InferShapes(Model& model, Monitor* monitor) {
  return Guard([&]() -> std::optional<std::string> {
    if (InferenceCost(model) > kMaxInferenceCost) return "it has too many graphs inside graphs";
    const SortedNodes sorted(*model.proto.mutable_graph());
    return Complaint([&] { Infer(model.proto, true, GuardedSchemas(monitor)); });
  });
}

void InlineFunctions(Model& model) {
  Guard([&] {
    if (model.proto.functions_size() == 0) return;
    const uint64_t nodes = CheckFunctionCalls(model.proto, model.name);
    for (const bool convert : {true, false}) {
      if (convert && !MayConvertFunctions(model, nodes)) continue;
      onnx::ModelProto inlined = model.proto;
      const auto complaint =
          Complaint([&] { onnx::inliner::InlineLocalFunctions(inlined, convert); });
      if (!complaint) {
        model.proto = std::move(inlined);
        return;
      }
      if (convert) continue;
      Place place;
      place.file = model.name;
      ThrowInvalidModel("'" + model.name + "': the local functions cannot be inlined: " +
                            *complaint + ". Export the model without functions.",
                        place);
    }
  });
}

void ConvertVersion(Model& model, int64_t version) {
  Guard([&] {
    const int64_t present = OpsetVersion(model.proto);
    // A model without operators of ai.onnx has nothing to convert.
    if (version == present || present == 0) return;
    if (version < 1 || version > NewestOpset()) {
      ThrowInvalidArgument("Operator set '" + std::to_string(version) +
                           "' is not known, expected 1 to " + std::to_string(NewestOpset()) + ".");
    }
    Model changed = model;
    InlineFunctions(changed);
    if (changed.proto.functions_size() > 0) {
      FailConversion(model, version, "its local functions cannot be inlined");
    }
    if (HasSparseInitializer(changed.proto.graph())) {
      FailConversion(model, version, "it has sparse initializers");
    }
    ForEachNode(*changed.proto.mutable_graph()->mutable_node(), [&](const onnx::NodeProto& node) {
      if (!CanonicalDomain(node.domain()).empty()) return;
      const onnx::OpSchema* schema =
          onnx::OpSchemaRegistry::Schema(node.op_type(), static_cast<int>(present), "");
      if (schema == nullptr) {
        FailConversion(model, version,
                       "it has no operator '" + Shorten(node.op_type()) + "' in version " +
                           std::to_string(present));
      }
      // Converters of operators take inputs and attributes for granted.
      const auto complaint = Complaint([&] { schema->Verify(node); });
      if (complaint) FailConversion(model, version, *complaint);
    });
    if (IsTrap(changed)) FailConversion(model, version, "the shapes in it cannot be inferred");
    onnx::ModelProto converted;
    const auto complaint = Complaint([&] { converted = Convert(changed.proto, present, version); });
    if (complaint) FailConversion(model, version, *complaint);

    RestoreDropped(changed.proto, converted);
    changed.proto = std::move(converted);
    // Before IR version 4 every initializer had to be an input too; the converter adds some that
    // are none.
    changed.proto.set_ir_version(std::max<int64_t>(changed.proto.ir_version(), 4));
    if (OpsetVersion(changed.proto) != version) FailConversion(model, version, "it stopped early");
    // A tensor that lost its data on the way is the converter's fault, not the file's.
    ForEachTensor(std::as_const(changed.proto), [&](const onnx::TensorProto& tensor) {
      try {
        CheckTensor(changed, tensor);
      } catch (const Error&) {
        FailConversion(model, version, "tensor '" + tensor.name() + "' loses its data");
      }
    });
    model.proto = std::move(changed.proto);
  });
}

}  // namespace quantab
