"""Converting ONNX to TensorFlow Lite: nets compute what ONNX's reference evaluator computes."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from appliance.models.build import folding, lowering, onnx_reader, recipes
from appliance.models.build.quantization import quantize_rows
from appliance.models.build.tflite_writer import schema
from appliance.models.catalogue import load
from appliance.models.errors import WrongInput
from appliance.models.runtimes.litert import LiteRt
from appliance.models.store import Store

Array = np.ndarray[Any, Any]
Nodes = list[onnx.NodeProto]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def weights(*shape: int, seed: int = 0) -> Array:
    return rng(seed).normal(size=shape).astype(np.float32)


def model(nodes: Nodes, shape: tuple[int, ...], /, **constants: Array) -> onnx.ModelProto:
    """A net from `x` of that shape to the last node's output."""
    result = nodes[-1].output[0]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(result, TensorProto.FLOAT, ["n"])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    onnx.checker.check_model(made)
    return made


def convert(made: onnx.ModelProto, folder: Path, *, integer_weights: bool = False) -> bytes:
    path = folder / "net.onnx"
    onnx.save(made, str(path))
    graph = onnx_reader.read(path)
    folding.fold(graph)
    return lowering.lower(graph, integer_weights=integer_weights)


def compare(
    made: onnx.ModelProto, folder: Path, *, integer_weights: bool = False
) -> tuple[Array, Array]:
    """What the converted net computes, and what it should; the latter in NHWC if it has 4 axes."""
    path = folder / "net.tflite"
    path.write_bytes(convert(made, folder, integer_weights=integer_weights))
    converted = LiteRt(path)
    batch, height, width, channels = converted.inputs[0].shape
    given = rng(7).normal(size=(batch, channels, height, width)).astype(np.float32)
    (found,) = converted.run(np.ascontiguousarray(given.transpose(0, 2, 3, 1)))
    (expected,) = ReferenceEvaluator(made).run(None, {"x": given})
    wanted = np.asarray(expected)
    return found, wanted.transpose(0, 2, 3, 1) if wanted.ndim == 4 else wanted


def assert_equal(made: onnx.ModelProto, folder: Path) -> None:
    found, expected = compare(made, folder)
    assert found.shape == expected.shape
    assert found == pytest.approx(expected, abs=1e-4, rel=1e-4)


@settings(max_examples=40, deadline=None)
@given(
    height=st.integers(5, 12),
    width=st.integers(5, 12),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 3),
    pads=st.tuples(*[st.integers(0, 2)] * 4),
    grouping=st.sampled_from(["dense", "depthwise", "multiplied"]),
    bias=st.booleans(),
)
def test_any_convolution_is_converted(
    height: int,
    width: int,
    kernel: int,
    stride: int,
    pads: tuple[int, int, int, int],
    grouping: str,
    bias: bool,
) -> None:
    channels = 4
    outputs = 8 if grouping == "multiplied" else 4 if grouping == "depthwise" else 6
    groups = 1 if grouping == "dense" else channels
    constants = {"w": weights(outputs, channels // groups, kernel, kernel)}
    if bias:
        constants["b"] = weights(outputs, seed=1)
    node = helper.make_node(
        "Conv",
        ["x", *constants],
        ["y"],
        kernel_shape=[kernel, kernel],
        strides=[stride, stride],
        pads=list(pads),
        group=groups,
    )
    with tempfile.TemporaryDirectory() as folder:
        assert_equal(model([node], (1, channels, height, width), **constants), Path(folder))


@pytest.mark.parametrize("dilation", [2, 3])
def test_a_dilated_convolution_is_converted(tmp_path: Path, dilation: int) -> None:
    node = helper.make_node(
        "Conv", ["x", "w"], ["y"], kernel_shape=[3, 3], dilations=[dilation] * 2, pads=[1, 2, 1, 2]
    )
    assert_equal(model([node], (1, 3, 12, 11), w=weights(5, 3, 3, 3)), tmp_path)


def block(name: str, given: str, outputs: int, inputs: int) -> tuple[Nodes, dict[str, Array]]:
    """Convolution, normalisation, PReLU: what face nets are made of."""
    constants = {
        f"{name}_w": weights(outputs, inputs, 3, 3),
        f"{name}_gamma": weights(outputs, seed=2),
        f"{name}_beta": weights(outputs, seed=3),
        f"{name}_mean": weights(outputs, seed=4),
        f"{name}_variance": np.abs(weights(outputs, seed=5)) + 0.1,
        f"{name}_slope": weights(outputs, 1, 1, seed=6),
    }
    w, gamma, beta, mean, variance, slope = constants
    nodes = [
        helper.make_node("Conv", [given, w], [f"{name}_c"], kernel_shape=[3, 3], pads=[1] * 4),
        helper.make_node(
            "BatchNormalization",
            [f"{name}_c", gamma, beta, mean, variance],
            [f"{name}_n"],
            epsilon=1e-3,
        ),
        helper.make_node("PRelu", [f"{name}_n", slope], [name]),
    ]
    return nodes, constants


def face_net() -> onnx.ModelProto:
    """Scaled input, two blocks, a normalisation before a flattened product, one after it."""
    first, first_constants = block("first", "scaled", 6, 3)
    second, second_constants = block("second", "first", 5, 6)
    norm = {f"n{index}": np.abs(weights(5, seed=20 + index)) + 0.1 for index in range(4)}
    last = {f"l{index}": np.abs(weights(7, seed=30 + index)) + 0.1 for index in range(4)}
    nodes = [
        helper.make_node("Sub", ["x", "centre"], ["centred"]),
        helper.make_node("Mul", ["centred", "factor"], ["scaled"]),
        *first,
        *second,
        helper.make_node("BatchNormalization", ["second", *norm], ["normed"], epsilon=2e-5),
        helper.make_node("Dropout", ["normed"], ["dropped"]),
        helper.make_node("Flatten", ["dropped"], ["flat"]),
        helper.make_node("Gemm", ["flat", "fw", "fb"], ["product"], transB=1),
        helper.make_node("BatchNormalization", ["product", *last], ["y"]),
    ]
    return model(
        nodes,
        (1, 3, 6, 8),
        centre=np.array([0.5], np.float32),
        factor=np.array([0.25], np.float32),
        fw=weights(7, 5 * 6 * 8, seed=8),
        fb=weights(7, seed=9),
        **first_constants,
        **second_constants,
        **norm,
        **last,
    )


def test_a_face_net_is_converted(tmp_path: Path) -> None:
    assert_equal(face_net(), tmp_path)


def test_normalisations_go_into_the_weights(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    onnx.save(face_net(), str(path))
    graph = onnx_reader.read(path)
    folding.fold(graph)
    operators = [node.op for node in graph.nodes]
    assert operators == ["Sub", "Mul", "Conv", "PRelu", "Conv", "PRelu", "Flatten", "Gemm"]


def test_integer_weights_change_little(tmp_path: Path) -> None:
    found, expected = compare(face_net(), tmp_path, integer_weights=True)
    cosine = (found * expected).sum() / np.linalg.norm(found) / np.linalg.norm(expected)
    assert cosine > 0.999


def test_integer_weights_take_a_quarter_of_the_space(tmp_path: Path) -> None:
    node = helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=[3, 3])
    made = model([node], (1, 64, 8, 8), w=weights(128, 64, 3, 3))
    large = convert(made, tmp_path)
    assert len(convert(made, tmp_path, integer_weights=True)) < len(large) * 0.3


def test_the_same_net_gives_the_same_bytes(tmp_path: Path) -> None:
    made = face_net()
    files = {convert(made, tmp_path, integer_weights=True) for _ in range(3)}
    assert len(files) == 1


def test_weights_in_blocks_of_int8_are_read(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["flat"], axis=1, block_size=4),
        helper.make_node("Reshape", ["flat", "shape"], ["w"]),
        helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=[1, 1]),
    ]
    made = model(
        nodes,
        (1, 8, 5, 5),
        q=rng().integers(-127, 128, (6, 8)).astype(np.int8),
        s=rng(1).uniform(0.01, 0.02, (6, 2)).astype(np.float32),
        z=rng(2).integers(-5, 5, (6, 2)).astype(np.int8),
        shape=np.array([6, 8, 1, 1]),
    )
    assert_equal(made, tmp_path)


def detector_net() -> onnx.ModelProto:
    """Activations, pooling, upsampling with a sum, and an output as cells x channels."""
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], kernel_shape=[3, 3], pads=[1] * 4),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node(
            "Resize",
            ["p", "", "scales"],
            ["u"],
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        ),
        helper.make_node("Add", ["u", "r"], ["a"]),
        helper.make_node("Transpose", ["a"], ["t"], perm=[0, 2, 3, 1]),
        helper.make_node("Reshape", ["t", "shape"], ["f"]),
        helper.make_node("Sigmoid", ["f"], ["y"]),
    ]
    return model(
        nodes,
        (1, 3, 8, 12),
        w=weights(5, 3, 3, 3),
        scales=np.array([1, 1, 2, 2], np.float32),
        shape=np.array([1, -1, 5]),
    )


def test_a_detector_net_is_converted(tmp_path: Path) -> None:
    assert_equal(detector_net(), tmp_path)


def test_a_detector_net_takes_pictures_of_other_sizes(tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(convert(detector_net(), tmp_path))
    converted = LiteRt(path)
    converted.resize((1, 16, 20, 3))
    (found,) = converted.run(np.zeros((1, 16, 20, 3), np.float32))
    assert found.shape == (1, 16 * 20, 5)


def test_an_input_read_twice_is_not_lost(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], kernel_shape=[1, 1]),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("Add", ["c", "r"], ["y"]),
    ]
    assert_equal(model(nodes, (1, 3, 4, 4), w=weights(3, 3, 1, 1)), tmp_path)


@pytest.mark.parametrize(
    ("node", "problem"),
    [
        (lambda: helper.make_node("Softmax", ["x"], ["y"]), "Softmax"),
        (lambda: helper.make_node("Transpose", ["x"], ["y"], perm=[0, 1, 3, 2]), "Transpose"),
        (lambda: helper.make_node("Flatten", ["x"], ["y"]), "Flatten"),
        (
            lambda: helper.make_node("MaxPool", ["x"], ["y"], kernel_shape=[2, 2], pads=[1] * 4),
            "MaxPool",
        ),
    ],
    ids=["operator", "order", "output", "padding"],
)
def test_what_cannot_be_converted_is_named(
    tmp_path: Path, node: Callable[[], onnx.NodeProto], problem: str
) -> None:
    with pytest.raises(WrongInput, match=problem):
        convert(model([node()], (1, 3, 4, 4)), tmp_path)


def test_a_file_that_is_no_onnx_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(b"\x00\x01 not a net" * 30)
    with pytest.raises(WrongInput, match="not an ONNX net"):
        onnx_reader.read(path)


def test_only_the_catalogues_built_entries_can_be_built(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match="yunet-tflite"):
        recipes.build("mobilefacenet", tmp_path / "none")


@given(st.integers(0, 2**32 - 1))
def test_quantized_rows_are_within_half_a_step(seed: int) -> None:
    given = rng(seed).normal(size=(3, 4, 2)) * np.array([1e-6, 1, 1e6]).reshape(3, 1, 1)
    values, scales = quantize_rows(given)
    shaped = scales.reshape(3, 1, 1)
    assert (np.abs(values * shaped - given) <= shaped * 0.501).all()


def test_a_row_of_zeros_stays_zeros() -> None:
    values, scales = quantize_rows(np.zeros((2, 5)))
    assert not values.any()
    assert np.isfinite(scales).all()


def test_two_products_are_converted(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w", "b"], ["first"], transB=1),
        helper.make_node("Relu", ["first"], ["r"]),
        helper.make_node("Gemm", ["r", "v"], ["y"], alpha=0.5),
    ]
    constants = {"w": weights(6, 60), "b": weights(6, seed=1), "v": weights(6, 4, seed=2)}
    assert_equal(model(nodes, (1, 3, 4, 5), **constants), tmp_path)


def test_integer_weights_stand_only_where_every_runtime_reads_them(tmp_path: Path) -> None:
    content = convert(face_net(), tmp_path, integer_weights=True)
    graph = schema.ModelT.InitFromPackedBuf(content, 0).subgraphs[0]
    codes = schema.ModelT.InitFromPackedBuf(content, 0).operatorCodes
    readers = {
        codes[operator.opcodeIndex].builtinCode
        for operator in graph.operators
        for tensor in operator.inputs
        if graph.tensors[tensor].type == schema.TensorType.INT8
    }
    assert readers == {schema.BuiltinOperator.CONV_2D}


def test_weights_lie_aligned_in_the_file(tmp_path: Path) -> None:
    node = helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=[3, 3])
    content = convert(model([node], (1, 3, 6, 6), w=weights(5, 3, 3, 3)), tmp_path)
    stored = weights(5, 3, 3, 3).transpose(0, 2, 3, 1).tobytes()
    assert content.index(stored) % 16 == 0


@pytest.mark.parametrize("name", sorted(recipes.RECIPES))
def test_a_built_model_is_what_the_catalogue_says(
    models_folder: Path, tmp_path: Path, name: str
) -> None:
    store = Store(models_folder)
    entry = load().get(name)
    origin = store.catalogue.get(entry.origin or "")
    if not store.has(origin):
        pytest.skip(f"{origin.name} is not fetched: {origin.mend}")
    installed = Store(tmp_path).install(
        entry, entry.files[0], recipes.build(name, store.path(origin.name))
    )
    assert installed.stat().st_size == entry.size_bytes
