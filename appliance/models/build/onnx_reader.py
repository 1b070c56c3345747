"""Reading an ONNX file into a Graph.

What depends on constants alone is computed here, weights stored as blocks of int8 among it.
"""

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from appliance.models.build.graph import Graph, Node
from appliance.models.errors import SoftwareMissing, WrongInput


def read(path: Path) -> Graph:
    """Raises SoftwareMissing, WrongInput."""
    try:
        onnx: Any = importlib.import_module("onnx")
        reference: Any = importlib.import_module("onnx.reference")
        protobuf: Any = importlib.import_module("google.protobuf.message")
    except ModuleNotFoundError as error:
        raise SoftwareMissing("onnx", "pip install 'appliance[build]'") from error
    try:
        model = onnx.load(str(path))
        onnx.checker.check_model(model)
    except (OSError, protobuf.DecodeError, onnx.checker.ValidationError) as error:
        raise WrongInput(path.name, f"is not an ONNX net ({error})") from error
    return _graph(onnx, reference, model, path.stem)


def _graph(onnx: Any, reference: Any, model: Any, name: str) -> Graph:  # noqa: ANN401  # untyped
    constants = {item.name: onnx.numpy_helper.to_array(item) for item in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        if all(not given or given in constants for given in node.input):
            evaluator = reference.ReferenceEvaluator(_as_model(onnx, model, node))
            values = evaluator.run(None, {given: constants[given] for given in node.input if given})
            constants |= dict(zip(node.output, values, strict=True))
            continue
        attributes = {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}
        nodes.append(Node(node.op_type, list(node.input), list(node.output), attributes))
    used = {given for node in nodes for given in node.inputs}
    # Quantizing tools leave the names of weights that they replaced among the inputs.
    given_inputs = [item for item in model.graph.input if item.name in used - constants.keys()]
    inputs = {item.name: _shape(name, item) for item in given_inputs}
    kept = {key: np.asarray(value) for key, value in constants.items() if key in used}
    return Graph(name, inputs, [item.name for item in model.graph.output], nodes, kept)


def _as_model(onnx: Any, model: Any, node: Any) -> Any:  # noqa: ANN401  # untyped
    """A net of that node alone; constants come in as inputs of an unstated type."""
    inputs = [onnx.ValueInfoProto(name=given) for given in node.input if given]
    outputs = [onnx.ValueInfoProto(name=result) for result in node.output]
    graph = onnx.helper.make_graph([node], "constant", inputs, outputs)
    return onnx.helper.make_model(graph, opset_imports=model.opset_import)


def _shape(name: str, item: Any) -> tuple[int, ...]:  # noqa: ANN401  # untyped
    sizes = tuple(size.dim_value for size in item.type.tensor_type.shape.dim)
    if not sizes or any(size <= 0 for size in sizes):
        raise WrongInput(name, f"the input {item.name} has no fixed shape")
    return sizes
