"""TensorFlow Lite models by LiteRT, on the CPU with XNNPACK."""

import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from appliance.models.errors import ModelDamaged, ModelMissing, SoftwareMissing, WrongInput
from appliance.models.runtimes.latency import Latency
from appliance.models.runtimes.memory_lock import MemoryLock

MODULES = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter")
"""The first that is installed runs. tflite-runtime is LiteRT's predecessor; it needs numpy 1."""

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Tensor:
    """An input or output of a model."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class LiteRt:
    """One loaded model. Not for two threads at once.

    The file is memory-mapped, so weights that no kernel repacks are page cache that other processes
    share.
    """

    def __init__(
        self,
        model: Path,
        *,
        threads: int = 1,
        lock: bool = False,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`lock` keeps the file in memory, where the kernel allows it: for small hot models.

        `clock` gives seconds. Raises ModelMissing, ModelDamaged, SoftwareMissing.
        """
        self.path = model
        self.latency = Latency()
        self._clock = clock
        verify = "appliance models verify"
        if not model.is_file():
            raise ModelMissing(model.name, verify)
        self.memory_lock = MemoryLock(model) if lock else None
        """None when locking was not asked for."""
        try:
            self._interpreter = _interpreter()(model_path=str(model), num_threads=threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            self.close()
            raise ModelDamaged(model.name, f"LiteRT refuses {model} ({error})", verify) from error
        self.inputs: tuple[Tensor, ...] = ()
        self.outputs: tuple[Tensor, ...] = ()
        self._describe()

    def warm_up(self) -> None:
        """Runs once on zeros, uncounted, so that the first real run meets no page faults."""
        self._run(tuple(np.zeros(item.shape, item.dtype) for item in self.inputs))

    def run(self, *inputs: Array) -> tuple[Array, ...]:
        """The outputs, in the model's order, as arrays of the caller's own. Raises WrongInput."""
        if len(inputs) != len(self.inputs):
            raise WrongInput(
                self.path.name, f"takes {len(self.inputs)} arrays and was given {len(inputs)}"
            )
        for tensor, array in zip(self.inputs, inputs, strict=True):
            if array.shape != tensor.shape or array.dtype != tensor.dtype:
                raise WrongInput(
                    self.path.name,
                    f"{tensor.name} takes {tensor.dtype} {tensor.shape} "
                    f"and was given {array.dtype} {array.shape}",
                )
        start = self._clock()
        results = self._run(inputs)
        self.latency.add((self._clock() - start) * 1000)
        return results

    def resize(self, *shapes: tuple[int, ...]) -> None:
        """Sets the inputs' shapes, for nets that take several; the next runs are of that shape.

        It allocates anew (10-50 ms for a detector), so it is worth keeping pictures of a shape
        together. Raises WrongInput for a shape that the net cannot take; the old shapes then hold.
        """
        old = tuple(tensor.shape for tensor in self.inputs)
        if shapes == old:
            return
        try:
            self._allocate(shapes)
        except (ValueError, RuntimeError) as error:
            self._allocate(old)
            raise WrongInput(self.path.name, f"cannot take inputs of {shapes} ({error})") from error

    def close(self) -> None:
        """Unlocks and frees the model; it does not run after that."""
        if self.memory_lock:
            self.memory_lock.close()
        self._interpreter = None

    def _allocate(self, shapes: tuple[tuple[int, ...], ...]) -> None:
        for index, shape in zip(self._input_ids, shapes, strict=True):
            self._interpreter.resize_tensor_input(index, shape)
        self._interpreter.allocate_tensors()
        self._describe()

    def _describe(self) -> None:
        inputs = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        self.inputs = tuple(_tensor(item) for item in inputs)
        self.outputs = tuple(_tensor(item) for item in outputs)
        self._input_ids = [item["index"] for item in inputs]
        self._output_ids = [item["index"] for item in outputs]

    def _run(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        for index, array in zip(self._input_ids, inputs, strict=True):
            self._interpreter.set_tensor(index, array)
        self._interpreter.invoke()
        return tuple(self._interpreter.get_tensor(index) for index in self._output_ids)


def _interpreter() -> type[Any]:
    for module in MODULES:
        try:
            interpreter: type[Any] = importlib.import_module(module).Interpreter
        except ModuleNotFoundError:
            continue
        return interpreter
    raise SoftwareMissing("ai-edge-litert", "pip install ai-edge-litert")


def _tensor(detail: dict[str, Any]) -> Tensor:
    shape = tuple(int(size) for size in detail["shape"])
    return Tensor(str(detail["name"]), shape, np.dtype(detail["dtype"]))
