"""ONNX nodes as TensorFlow Lite operators: NCHW becomes NHWC, weights become int8 where that pays.

Inside, four-dimensional tensors are NHWC. A Transpose to NHWC therefore costs nothing; a
Flatten of NCHW and the Gemm after it become a convolution.
"""

from dataclasses import dataclass

import numpy as np

from appliance.models.build.folding import weights_and_bias
from appliance.models.build.graph import Array, Graph, Node
from appliance.models.build.quantization import quantize_rows
from appliance.models.build.tflite_writer import TfliteWriter, schema
from appliance.models.errors import WrongInput

Code = schema.BuiltinOperator
Options = schema.BuiltinOptions
NO_ACTIVATION = schema.ActivationFunctionType.NONE
RELU = schema.ActivationFunctionType.RELU
TO_NHWC = [0, 2, 3, 1]
HYBRID_CONV_VERSION = 5
"""The CONV_2D that takes float inputs and int8 weights with a scale a channel (op_version.cc)."""


@dataclass(frozen=True)
class Value:
    """A tensor of the file under way."""

    index: int
    shape: tuple[int, ...]
    """As it lies in memory: NHWC when it has four dimensions."""
    onnx_nhwc: bool = False
    """Whether ONNX, too, sees the dimensions in that order (after a Transpose)."""
    picture: tuple[int, ...] | None = None
    """The NHWC shape of the tensor, which ONNX sees flattened (from NCHW)."""


class Lowering:
    """Converts one graph; use `lower`."""

    def __init__(self, graph: Graph, integer_weights: bool) -> None:
        self._graph = graph
        self._integer_weights = integer_weights
        self._writer = TfliteWriter(graph.name)
        self._values: dict[str, Value] = {}
        self._fused: set[int] = set()

    def run(self) -> bytes:
        inputs = []
        for name, (batch, channels, height, width) in self._graph.inputs.items():
            shape = (batch, height, width, channels)
            self._values[name] = Value(self._writer.tensor(name, shape), shape)
            inputs.append(self._values[name].index)
        for node in self._graph.nodes:
            if id(node) in self._fused:
                continue
            rule = getattr(self, f"_{node.op.lower()}", None)
            if rule is None:
                raise WrongInput(self._graph.name, f"the operator {node.op} is not supported")
            rule(node)
        outputs = [self._values[name].index for name in self._graph.outputs]
        return self._writer.finish(inputs, outputs)

    def _input(self, node: Node, position: int = 0) -> Value:
        return self._values[node.inputs[position]]

    def _output(self, node: Node, shape: tuple[int, ...], *, onnx_nhwc: bool = False) -> Value:
        name = node.outputs[0]
        value = Value(self._writer.tensor(name, shape), shape, onnx_nhwc)
        self._values[name] = value
        return value

    def _activation(self, node: Node) -> int:
        """RELU when the only reader is one; that reader then becomes part of the node."""
        reader = self._graph.sole_consumer(node.outputs[0])
        if reader is None or reader.op != "Relu":
            return int(NO_ACTIVATION)
        self._fused.add(id(reader))
        node.outputs = reader.outputs
        return int(RELU)

    def _conv(self, node: Node) -> None:
        source = self._input(node)
        weights, bias = weights_and_bias(self._graph, node)
        groups = node.attributes.get("group", 1)
        depthwise = groups > 1
        if depthwise and (groups != source.shape[3] or weights.shape[1] != 1):
            raise WrongInput(self._graph.name, f"a Conv of {groups} groups is not supported")
        strides = _pair(node, "strides", 1)
        dilations = _pair(node, "dilations", 1)
        kernel = weights.shape[2:]
        source, padding, size = self._pad(node, source, kernel, strides, dilations)
        activation = self._activation(node)
        output = self._output(node, (source.shape[0], *size, weights.shape[0]))
        # Depthwise weights stay float: they are few, and XNNPACK has no such kernel for int8.
        filters, version = self._weights(
            node,
            weights.transpose(1, 2, 3, 0) if depthwise else weights.transpose(0, 2, 3, 1),
            integer=not depthwise,
        )
        bias_index = self._writer.constant(f"{node.outputs[0]}/bias", bias.astype(np.float32))
        options = schema.DepthwiseConv2DOptionsT() if depthwise else schema.Conv2DOptionsT()
        if depthwise:
            options.depthMultiplier = weights.shape[0] // groups
        options.padding = padding
        options.strideH, options.strideW = strides
        options.dilationHFactor, options.dilationWFactor = dilations
        options.fusedActivationFunction = activation
        self._writer.operator(
            Code.DEPTHWISE_CONV_2D if depthwise else Code.CONV_2D,
            [source.index, filters, bias_index],
            output.index,
            (Options.DepthwiseConv2DOptions if depthwise else Options.Conv2DOptions, options),
            version,
        )

    def _weights(self, node: Node, weights: Array, *, integer: bool) -> tuple[int, int]:
        """The weights' tensor and the version of the operator that takes them."""
        name = f"{node.outputs[0]}/weights"
        if self._integer_weights and integer:
            values, scales = quantize_rows(weights)
            return self._writer.constant(name, values, scales), HYBRID_CONV_VERSION
        return self._writer.constant(name, weights.astype(np.float32)), 1

    def _pad(
        self,
        node: Node,
        source: Value,
        kernel: tuple[int, ...],
        strides: tuple[int, int],
        dilations: tuple[int, int],
    ) -> tuple[Value, int, tuple[int, int]]:
        """The padded input, the operator's own padding, the output's height and width.

        ONNX pads as it is told; TensorFlow's SAME puts the odd pixel of a stride at the end, so a
        Pad operator is needed wherever the two differ.
        """
        top, left, bottom, right = node.attributes.get("pads", [0, 0, 0, 0])
        if node.attributes.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
            raise WrongInput(self._graph.name, "auto_pad is not supported")
        spans = [(side - 1) * step + 1 for side, step in zip(kernel, dilations, strict=True)]
        sizes = (source.shape[1] + top + bottom, source.shape[2] + left + right)
        output = tuple(
            (size - span) // stride + 1
            for size, span, stride in zip(sizes, spans, strides, strict=True)
        )
        same = []
        for axis in (0, 1):
            total = (output[axis] - 1) * strides[axis] + spans[axis] - source.shape[1 + axis]
            half = max(total, 0) // 2
            rounded_up = -(-source.shape[1 + axis] // strides[axis])
            same.append((output[axis] == rounded_up, half, max(total, 0) - half))
        if same == [(True, top, bottom), (True, left, right)]:
            return source, int(schema.Padding.SAME), (output[0], output[1])
        if any((top, left, bottom, right)):
            shape = (source.shape[0], *sizes, source.shape[3])
            padded = Value(self._writer.tensor(f"{node.outputs[0]}/padded", shape), shape)
            pads = np.array([[0, 0], [top, bottom], [left, right], [0, 0]], np.int32)
            amounts = self._writer.constant(f"{node.outputs[0]}/pads", pads)
            self._writer.operator(
                Code.PAD,
                [source.index, amounts],
                padded.index,
                (Options.PadOptions, schema.PadOptionsT()),
            )
            source = padded
        return source, int(schema.Padding.VALID), (output[0], output[1])

    def _maxpool(self, node: Node) -> None:
        source = self._input(node)
        if any(node.attributes.get("pads", [])) or node.attributes.get("ceil_mode", 0):
            raise WrongInput(self._graph.name, "a MaxPool with padding is not supported")
        kernel, strides = _pair(node, "kernel_shape", 1), _pair(node, "strides", 1)
        height, width = (
            (source.shape[1 + axis] - kernel[axis]) // strides[axis] + 1 for axis in (0, 1)
        )
        output = self._output(node, (source.shape[0], height, width, source.shape[3]))
        options = schema.Pool2DOptionsT(
            padding=schema.Padding.VALID,
            strideH=strides[0],
            strideW=strides[1],
            filterHeight=kernel[0],
            filterWidth=kernel[1],
        )
        self._writer.operator(
            Code.MAX_POOL_2D, [source.index], output.index, (Options.Pool2DOptions, options)
        )

    def _gemm(self, node: Node) -> None:
        """A product with a flattened picture is a convolution as large as the picture.

        Unlike FULLY_CONNECTED, every version of TensorFlow Lite reads int8 weights with a scale a
        channel there; a plain product therefore keeps float weights.
        """
        source = self._input(node)
        weights, bias = weights_and_bias(self._graph, node)
        activation = self._activation(node)
        if source.picture is None:
            filters = weights.astype(np.float32)
        else:
            _, height, width, channels = source.picture
            filters = weights.reshape(-1, channels, height, width).transpose(0, 2, 3, 1)
        constants = self._weights(node, filters, integer=source.picture is not None)
        bias_index = self._writer.constant(f"{node.outputs[0]}/bias", bias.astype(np.float32))
        inputs = [source.index, constants[0], bias_index]
        shape = (source.shape[0], weights.shape[0])
        if source.picture is None:
            output = self._output(node, shape)
            options = schema.FullyConnectedOptionsT(fusedActivationFunction=activation)
            self._writer.operator(
                Code.FULLY_CONNECTED,
                inputs,
                output.index,
                (Options.FullyConnectedOptions, options),
            )
            return
        pixel = Value(
            self._writer.tensor(f"{node.outputs[0]}/pixel", (shape[0], 1, 1, shape[1])),
            (shape[0], 1, 1, shape[1]),
        )
        options = schema.Conv2DOptionsT(
            padding=schema.Padding.VALID,
            strideH=1,
            strideW=1,
            fusedActivationFunction=activation,
        )
        self._writer.operator(
            Code.CONV_2D, inputs, pixel.index, (Options.Conv2DOptions, options), constants[1]
        )
        index = self._reshape_to(node, pixel, shape, list(shape))
        self._values[node.outputs[0]] = Value(index, shape)

    def _flatten(self, node: Node) -> None:
        """Nothing in the file: the Gemm that must follow reads the picture itself."""
        source = self._input(node)
        reader = self._graph.sole_consumer(node.outputs[0])
        whole = node.attributes.get("axis", 1) == 1 and len(source.shape) == 4
        if not whole or source.onnx_nhwc or reader is None or reader.op != "Gemm":
            raise WrongInput(self._graph.name, "only a Flatten of NCHW before a Gemm is supported")
        batch, height, width, channels = source.shape
        shape = (batch, height * width * channels)
        self._values[node.outputs[0]] = Value(source.index, shape, picture=source.shape)

    def _reshape(self, node: Node) -> None:
        source = self._input(node)
        if len(source.shape) == 4 and not source.onnx_nhwc:
            raise WrongInput(self._graph.name, "a Reshape of NCHW is not supported")
        wanted = [int(size) for size in self._graph.constant(node.inputs[1])]
        wanted = [source.shape[axis] if size == 0 else size for axis, size in enumerate(wanted)]
        known = int(np.prod([size for size in wanted if size != -1]))
        total = int(np.prod(source.shape))
        shape = tuple(total // known if size == -1 else size for size in wanted)
        # -1 stays in the file, so that inputs of other sizes can be set.
        index = self._reshape_to(node, source, shape, wanted)
        self._values[node.outputs[0]] = Value(index, shape, onnx_nhwc=True)

    def _reshape_to(
        self, node: Node, source: Value, shape: tuple[int, ...], wanted: list[int]
    ) -> int:
        index = self._writer.tensor(node.outputs[0], shape)
        target = self._writer.constant(f"{node.outputs[0]}/shape", np.array(wanted, np.int32))
        options = schema.ReshapeOptionsT(newShape=wanted)
        self._writer.operator(
            Code.RESHAPE, [source.index, target], index, (Options.ReshapeOptions, options)
        )
        return index

    def _transpose(self, node: Node) -> None:
        source = self._input(node)
        if list(node.attributes.get("perm", [])) != TO_NHWC or source.onnx_nhwc:
            raise WrongInput(self._graph.name, "only a Transpose from NCHW to NHWC is supported")
        self._values[node.outputs[0]] = Value(source.index, source.shape, onnx_nhwc=True)

    def _resize(self, node: Node) -> None:
        """Nearest neighbour, twice as high and wide: four copies of the channels, spread in space.

        XNNPACK runs both operators; it has none for RESIZE_NEAREST_NEIGHBOR.
        """
        source = self._input(node)
        scales = self._graph.constant(node.inputs[2]).tolist() if len(node.inputs) > 2 else []
        modes = [node.attributes.get(key) for key in ("mode", "coordinate_transformation_mode")]
        if scales != [1, 1, 2, 2] or modes != [b"nearest", b"asymmetric"] or source.onnx_nhwc:
            raise WrongInput(self._graph.name, "only a Resize to twice, nearest, is supported")
        batch, height, width, channels = source.shape
        shape = (batch, height, width, 4 * channels)
        copies = self._writer.tensor(f"{node.outputs[0]}/copies", shape)
        self._writer.operator(
            Code.CONCATENATION,
            [source.index] * 4,
            copies,
            (Options.ConcatenationOptions, schema.ConcatenationOptionsT(axis=3)),
        )
        output = self._output(node, (batch, 2 * height, 2 * width, channels))
        options = schema.DepthToSpaceOptionsT(blockSize=2)
        self._writer.operator(
            Code.DEPTH_TO_SPACE, [copies], output.index, (Options.DepthToSpaceOptions, options)
        )

    def _add(self, node: Node) -> None:
        self._binary(node, Code.ADD, (Options.AddOptions, schema.AddOptionsT()))

    def _sub(self, node: Node) -> None:
        self._binary(node, Code.SUB, (Options.SubOptions, schema.SubOptionsT()))

    def _mul(self, node: Node) -> None:
        self._binary(node, Code.MUL, (Options.MulOptions, schema.MulOptionsT()))

    def _binary(self, node: Node, code: int, options: tuple[int, object]) -> None:
        operands = []
        for name in node.inputs:
            if name in self._values:
                operands.append(self._values[name])
                continue
            value = self._graph.constant(name)
            if value.size != 1:
                raise WrongInput(self._graph.name, f"{node.op} with a tensor is not supported")
            scalar = value.reshape(()).astype(np.float32)
            operands.append(Value(self._writer.constant(name, scalar), ()))
        shapes = {operand.shape for operand in operands if operand.shape}
        if len(shapes) != 1 or len({operand.onnx_nhwc for operand in operands}) != 1:
            raise WrongInput(self._graph.name, f"{node.op} of unlike shapes is not supported")
        output = self._output(node, shapes.pop(), onnx_nhwc=operands[0].onnx_nhwc)
        indexes = [operand.index for operand in operands]
        self._writer.operator(code, indexes, output.index, options)

    def _prelu(self, node: Node) -> None:
        source = self._input(node)
        slope = self._graph.constant(node.inputs[1])
        if slope.size != source.shape[3]:
            raise WrongInput(self._graph.name, "only a PRelu of a slope a channel is supported")
        slopes = slope.reshape(1, 1, source.shape[3]).astype(np.float32)
        constant = self._writer.constant(f"{node.outputs[0]}/slopes", slopes)
        output = self._output(node, source.shape)
        self._writer.operator(Code.PRELU, [source.index, constant], output.index)

    def _relu(self, node: Node) -> None:
        source = self._input(node)
        output = self._output(node, source.shape, onnx_nhwc=source.onnx_nhwc)
        self._writer.operator(Code.RELU, [source.index], output.index)

    def _sigmoid(self, node: Node) -> None:
        source = self._input(node)
        output = self._output(node, source.shape, onnx_nhwc=source.onnx_nhwc)
        self._writer.operator(Code.LOGISTIC, [source.index], output.index)


def lower(graph: Graph, *, integer_weights: bool) -> bytes:
    """The TensorFlow Lite file of a folded graph.

    `integer_weights` stores the weights of Conv and Gemm as int8 with a scale a channel;
    activations stay float and are quantised as they come. Raises WrongInput for what is not
    supported.
    """
    return Lowering(graph, integer_weights).run()


def _pair(node: Node, name: str, default: int) -> tuple[int, int]:
    first, second = node.attributes.get(name, [default, default])
    return int(first), int(second)
