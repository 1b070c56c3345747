"""Fewer nodes that compute the same: normalisations go into the weights beside them."""

import math
from collections.abc import Callable

import numpy as np

from appliance.models.build.graph import Array, Graph, Node
from appliance.models.errors import WrongInput

DEFAULT_EPSILON = 1e-5
"""ONNX BatchNormalization."""
NOTHING = ("Dropout", "Identity")
"""Operators that change nothing when a net is only run."""


def fold(graph: Graph) -> None:
    """Rewrites the graph in place. Raises WrongInput."""
    for node in [node for node in graph.nodes if node.op in NOTHING]:
        graph.remove(node)
    for node in graph.nodes:
        if node.op == "BatchNormalization":
            _to_affine(graph, node)
    _repeat(graph, _affine_into_previous)
    _repeat(graph, _affine_into_next_gemm)


def _repeat(graph: Graph, rule: Callable[[Graph, Node], bool]) -> None:
    """Applies a rule until no node takes it."""
    while any(rule(graph, node) for node in list(graph.nodes)):
        pass


def _to_affine(graph: Graph, node: Node) -> None:
    """y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, as scale and shift."""
    gamma, beta, mean, variance = (
        graph.constant(name).astype(np.float64) for name in node.inputs[1:5]
    )
    scale = gamma / np.sqrt(variance + node.attributes.get("epsilon", DEFAULT_EPSILON))
    shift = beta - mean * scale
    node.op = "Affine"
    node.inputs = [
        node.inputs[0],
        graph.add_constant(f"{node.outputs[0]}_scale", scale),
        graph.add_constant(f"{node.outputs[0]}_shift", shift),
    ]
    node.outputs = node.outputs[:1]
    node.attributes = {}


def _affine_into_previous(graph: Graph, node: Node) -> bool:
    """W x + b then s, t becomes (s W) x + (s b + t); whether the rule applied."""
    if node.op not in ("Conv", "Gemm"):
        return False
    affine = graph.sole_consumer(node.outputs[0])
    if affine is None or affine.op != "Affine":
        return False
    scale, shift = (graph.constant(name) for name in affine.inputs[1:])
    weights, bias = weights_and_bias(graph, node)
    weights = weights * scale.reshape(-1, *[1] * (weights.ndim - 1))
    _set_weights(graph, node, weights, bias * scale + shift)
    node.outputs = affine.outputs
    graph.nodes.remove(affine)
    return True


def _affine_into_next_gemm(graph: Graph, node: Node) -> bool:
    """s, t then Flatten then W becomes (W s) x + (W t + b); whether the rule applied."""
    if node.op != "Affine":
        return False
    flatten = graph.sole_consumer(node.outputs[0])
    if flatten is None or flatten.op != "Flatten":
        return False
    gemm = graph.sole_consumer(flatten.outputs[0])
    if gemm is None or gemm.op != "Gemm":
        return False
    scale, shift = (graph.constant(name) for name in node.inputs[1:])
    weights, bias = weights_and_bias(graph, gemm)
    pixels = weights.shape[1] // len(scale)
    # Summed exactly: a matrix product adds in another order on another processor.
    bias = bias + [math.fsum(row) for row in weights * np.repeat(shift, pixels)]
    _set_weights(graph, gemm, weights * np.repeat(scale, pixels), bias)
    graph.remove(node)
    return True


def weights_and_bias(graph: Graph, node: Node) -> tuple[Array, Array]:
    """Of a Conv (O,I,H,W) or Gemm (O,I), in float64; a missing bias is zeros. Raises WrongInput."""
    weights = graph.constant(node.inputs[1]).astype(np.float64)
    if node.op == "Gemm":
        if node.attributes.get("transA", 0):
            raise WrongInput(graph.name, "a Gemm with transA is not supported")
        if not node.attributes.get("transB", 0):
            weights = weights.T
        weights = weights * node.attributes.get("alpha", 1.0)
    bias = np.zeros(weights.shape[0])
    if len(node.inputs) > 2 and node.inputs[2]:
        bias = bias + graph.constant(node.inputs[2]) * node.attributes.get("beta", 1.0)
    return weights, bias


def _set_weights(graph: Graph, node: Node, weights: Array, bias: Array) -> None:
    name = node.outputs[0]
    node.inputs = [
        node.inputs[0],
        graph.add_constant(f"{name}_weights", weights),
        graph.add_constant(f"{name}_bias", bias),
    ]
    if node.op == "Gemm":
        node.attributes = {"transB": 1}
