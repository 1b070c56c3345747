"""A net as a list of nodes, in ONNX's terms: NCHW layout, tensors by name."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from appliance.models.errors import WrongInput

Array = npt.NDArray[Any]


@dataclass
class Node:
    """An operator; `op` is ONNX's operator type, or `Affine` (a scale and a shift for each
    channel).
    """

    op: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass
class Graph:
    """A net whose nodes stand in an order in which they can run."""

    name: str
    inputs: dict[str, tuple[int, ...]]
    """Shapes by name."""
    outputs: list[str]
    nodes: list[Node]
    constants: dict[str, Array]

    def constant(self, name: str) -> Array:
        """Raises WrongInput when the net computes it."""
        try:
            return self.constants[name]
        except KeyError as error:
            raise WrongInput(self.name, f"{name} must be a constant and is computed") from error

    def consumers(self, name: str) -> list[Node]:
        """The nodes that read a tensor; the net's outputs count as none."""
        return [node for node in self.nodes if name in node.inputs]

    def sole_consumer(self, name: str) -> Node | None:
        """The only reader of a tensor; None when there are others or it is an output of the net."""
        readers = self.consumers(name)
        return readers[0] if len(readers) == 1 and name not in self.outputs else None

    def add_constant(self, name: str, value: Array) -> str:
        """Keeps a constant under a name that was free; returns that name."""
        free = name
        number = 1
        while free in self.constants:
            number += 1
            free = f"{name}_{number}"
        self.constants[free] = np.ascontiguousarray(value)
        return free

    def remove(self, node: Node) -> None:
        """Takes out a node that changes nothing: its readers get its input."""
        self.nodes.remove(node)
        source, target = node.inputs[0], node.outputs[0]
        if target in self.outputs:
            raise WrongInput(self.name, f"{node.op} is the net's output")
        for other in self.nodes:
            other.inputs = [source if name == target else name for name in other.inputs]
