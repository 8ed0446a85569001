"""Graphs within graphs: If, Loop and Scan, with captured values."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from models.graph import F, I64, Graph


def subgraph():
    """An If whose branches hold MatMuls, one with a weight of the outer graph."""
    g = Graph("subgraph")
    g.input("x", [2, 6])
    g.input("flag", [], TensorProto.BOOL)
    g.weight("outer", [6, 6])
    g.node("MatMul", ["x", "outer"], "h")
    branch_graphs = []
    for branch in ("then", "else"):
        weight = numpy_helper.from_array(g.random.randn(6, 6).astype(np.float32), f"{branch}_w")
        nodes = [
            helper.make_node("MatMul", ["h", f"{branch}_w"], [f"{branch}_a"], name=f"{branch}_mm"),
            helper.make_node("MatMul", [f"{branch}_a", "outer"], [f"{branch}_y"], name=f"{branch}_mm2"),
        ]
        y = helper.make_tensor_value_info(f"{branch}_y", F, [2, 6])
        branch_graphs.append(helper.make_graph(nodes, branch, [], [y], [weight]))
    g.node("If", "flag", "y", then_branch=branch_graphs[0], else_branch=branch_graphs[1])
    g.output("y", [2, 6])
    return g.model()


def value(name: str, shape, dtype=F):
    return helper.make_tensor_value_info(name, dtype, shape)


def constant(g: Graph, name: str, shape):
    return numpy_helper.from_array((g.random.randn(*shape) * 0.4).astype(np.float32), name)


def if_network():
    """A convolution, an If that picks a light or a heavy head; both read what is outside."""
    g = Graph("if_network")
    g.input("x", [1, 3, 6, 6])
    g.input("flag", [], TensorProto.BOOL)
    g.node("Conv", ["x", g.weight("w0", [4, 3, 3, 3]), g.weight("b0", [4])], "c0")
    g.node("Relu", "c0", "r0")
    g.node("Flatten", "r0", "f")
    g.weight("head", [64, 4], scale=0.2)
    light = helper.make_graph([helper.make_node("MatMul", ["f", "head"], ["light_y"], name="light")], "light", [], [value("light_y", [1, 4])])
    heavy = helper.make_graph(
        [
            helper.make_node("MatMul", ["f", "up"], ["heavy_u"], name="heavy_up"),
            helper.make_node("Relu", ["heavy_u"], ["heavy_r"], name="heavy_relu"),
            helper.make_node("Gemm", ["heavy_r", "down", "shift"], ["heavy_y"], name="heavy_down", transB=1),
        ],
        "heavy",
        [],
        [value("heavy_y", [1, 4])],
        [constant(g, "up", [64, 8]), constant(g, "down", [4, 8]), constant(g, "shift", [4])],
    )
    g.node("If", "flag", "y", then_branch=heavy, else_branch=light)
    g.output("y", [1, 4])
    return g.model()


def loop_network():
    """A Loop whose body multiplies its state with a weight of its own and with one from outside."""
    g = Graph("loop_network")
    g.input("x", [2, 6])
    g.weight("outer", [6, 6], scale=0.3)
    g.constant("times", np.array(3, np.int64))
    g.constant("go", np.array(True))
    body = helper.make_graph(
        [
            helper.make_node("MatMul", ["state", "inner"], ["a"], name="body_inner"),
            helper.make_node("Tanh", ["a"], ["t"], name="body_tanh"),
            helper.make_node("MatMul", ["t", "outer"], ["next"], name="body_outer"),
            helper.make_node("Identity", ["going"], ["go_on"], name="body_go"),
            helper.make_node("Identity", ["next"], ["trace"], name="body_trace"),
        ],
        "body",
        [value("i", [], I64), value("going", [], TensorProto.BOOL), value("state", [2, 6])],
        [value("go_on", [], TensorProto.BOOL), value("next", [2, 6]), value("trace", [2, 6])],
        [constant(g, "inner", [6, 6])],
    )
    g.node("MatMul", ["x", "outer"], "start")
    g.node("Loop", ["times", "go", "start"], ["last", "all"], body=body)
    g.output("last", [2, 6])
    g.output("all", [3, 2, 6])
    return g.model()


def scan_network():
    """A Scan over rows: a plain recurrent cell."""
    g = Graph("scan_network")
    g.input("x", [5, 4])
    g.constant("zero_state", np.zeros((6,), np.float32))
    body = helper.make_graph(
        [
            helper.make_node("MatMul", ["row", "wx"], ["px"], name="cell_x"),
            helper.make_node("MatMul", ["h", "wh"], ["ph"], name="cell_h"),
            helper.make_node("Add", ["px", "ph"], ["sum"], name="cell_add"),
            helper.make_node("Tanh", ["sum"], ["h_next"], name="cell_tanh"),
            helper.make_node("Identity", ["h_next"], ["h_row"], name="cell_row"),
        ],
        "cell",
        [value("h", [6]), value("row", [4])],
        [value("h_next", [6]), value("h_row", [6])],
        [constant(g, "wx", [4, 6]), constant(g, "wh", [6, 6])],
    )
    g.node("Scan", ["zero_state", "x"], ["h_last", "rows"], body=body, num_scan_inputs=1)
    g.node("MatMul", ["rows", g.weight("w", [6, 3])], "y")
    g.output("y", [5, 3])
    return g.model()


def nested_branches():
    """An If within an If: the innermost MatMul reads a value and a weight of the outermost graph."""
    g = Graph("nested_branches")
    g.input("x", [2, 6])
    g.input("flag", [], TensorProto.BOOL)
    g.weight("outer", [6, 6], scale=0.3)
    g.node("MatMul", ["x", "outer"], "h")
    deep = helper.make_graph([helper.make_node("MatMul", ["h", "outer"], ["deep_y"], name="deep_mm")], "deep", [], [value("deep_y", [2, 6])])
    own = constant(g, "own", [6, 6])
    flat = helper.make_graph([helper.make_node("MatMul", ["m", "own"], ["flat_y"], name="flat_mm")], "flat", [], [value("flat_y", [2, 6])], [own])
    middle = helper.make_graph(
        [
            helper.make_node("MatMul", ["h", "mid"], ["m"], name="middle_mm"),
            helper.make_node("If", ["flag"], ["middle_y"], name="middle_if", then_branch=deep, else_branch=flat),
        ],
        "middle",
        [],
        [value("middle_y", [2, 6])],
        [constant(g, "mid", [6, 6])],
    )
    other = helper.make_graph([helper.make_node("Relu", ["h"], ["other_y"], name="other_relu")], "other", [], [value("other_y", [2, 6])])
    g.node("If", "flag", "y", then_branch=middle, else_branch=other)
    g.output("y", [2, 6])
    return g.model()
