"""Writing a TensorFlow Lite file: tensors, operators, bytes. The same calls give the same bytes.

The format is tensorflow/lite/schema/schema.fbs, which LiteRT ships as Python classes.
"""

import importlib
from typing import Any

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt

SCHEMA_VERSION = 3
FILE_IDENTIFIER = b"TFL3"
ALIGNMENT_BYTES = 16
"""`force_align: 16` of Buffer.data, so that kernels can read weights in the mapped file."""

Array = npt.NDArray[Any]

schema: Any = importlib.import_module("ai_edge_litert.schema_py_generated")
TYPES = {
    np.dtype(np.float32): schema.TensorType.FLOAT32,
    np.dtype(np.int32): schema.TensorType.INT32,
    np.dtype(np.int8): schema.TensorType.INT8,
}


class TfliteWriter:
    """Collects one subgraph."""

    def __init__(self, description: str) -> None:
        self._description = description
        self._buffers: list[Any] = [schema.BufferT()]  # the first one is empty by convention
        self._tensors: list[Any] = []
        self._operators: list[Any] = []
        self._codes: dict[tuple[int, int], int] = {}

    def tensor(self, name: str, shape: tuple[int, ...], dtype: type = np.float32) -> int:
        """A tensor that is computed or given; its number."""
        return self._add(name, shape, np.dtype(dtype), 0, None)

    def constant(self, name: str, value: Array, scales: Array | None = None) -> int:
        """A constant; `scales` are those of int8 values, one for each index of the first axis."""
        quantization = None
        if scales is not None:
            quantization = schema.QuantizationParametersT(
                scale=scales.astype(np.float32),
                zeroPoint=np.zeros(len(scales), np.int64),
                quantizedDimension=0,
            )
        self._buffers.append(_AlignedBuffer(np.ascontiguousarray(value).tobytes()))
        buffer = len(self._buffers) - 1
        return self._add(name, value.shape, value.dtype, buffer, quantization)

    def operator(
        self,
        code: int,
        inputs: list[int],
        output: int,
        options: tuple[int, Any] = (0, None),
        version: int = 1,
    ) -> None:
        """Appends an operator; `options` are a BuiltinOptions number and its object."""
        index = self._codes.setdefault((code, version), len(self._codes))
        self._operators.append(
            schema.OperatorT(
                opcodeIndex=index,
                inputs=inputs,
                outputs=[output],
                builtinOptionsType=options[0],
                builtinOptions=options[1],
            )
        )

    def finish(self, inputs: list[int], outputs: list[int]) -> bytes:
        """The file."""
        subgraph = schema.SubGraphT(
            tensors=self._tensors, inputs=inputs, outputs=outputs, operators=self._operators
        )
        codes = [
            # Codes above 126 do not fit the old one-byte field, which then holds 127.
            schema.OperatorCodeT(
                deprecatedBuiltinCode=min(code, 127), builtinCode=code, version=version
            )
            for code, version in self._codes
        ]
        model = schema.ModelT(
            version=SCHEMA_VERSION,
            operatorCodes=codes,
            subgraphs=[subgraph],
            description=self._description,
            buffers=self._buffers,
        )
        builder = flatbuffers.Builder(1024 * 1024)
        builder.Finish(model.Pack(builder), FILE_IDENTIFIER)
        return bytes(builder.Output())

    def _add(
        self,
        name: str,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        buffer: int,
        quantization: Any,  # noqa: ANN401  # the schema's classes are untyped
    ) -> int:
        self._tensors.append(
            schema.TensorT(
                shape=list(shape),
                type=TYPES[dtype],
                buffer=buffer,
                name=name,
                quantization=quantization,
            )
        )
        return len(self._tensors) - 1


class _AlignedBuffer:
    """A Buffer whose data lie on a multiple of 16; the generated class knows no alignment."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def Pack(self, builder: flatbuffers.Builder) -> int:  # noqa: N802  # ModelT calls it
        builder.Prep(ALIGNMENT_BYTES, len(self._data))
        data = builder.CreateByteVector(self._data)
        schema.BufferStart(builder)
        schema.BufferAddData(builder, data)
        return int(schema.BufferEnd(builder))
