"""Running a TensorFlow Lite file."""

import os
import resource
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from appliance.models.build.tflite_writer import TfliteWriter, schema
from appliance.models.errors import ModelDamaged, ModelMissing, WrongInput
from appliance.models.runtimes.litert import LiteRt
from appliance.models.runtimes.memory_lock import MemoryLock


@pytest.fixture
def doubler(tmp_path: Path) -> Path:
    """A net that doubles 1x2x2x3 numbers."""
    writer = TfliteWriter("doubler")
    given = writer.tensor("given", (1, 2, 2, 3))
    two = writer.constant("two", np.array(2, np.float32))
    doubled = writer.tensor("doubled", (1, 2, 2, 3))
    options = (schema.BuiltinOptions.MulOptions, schema.MulOptionsT())
    writer.operator(schema.BuiltinOperator.MUL, [given, two], doubled, options)
    path = tmp_path / "doubler.tflite"
    path.write_bytes(writer.finish([given], [doubled]))
    return path


def numbers(*shape: int) -> Any:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


def test_a_run_gives_the_outputs(doubler: Path) -> None:
    (doubled,) = LiteRt(doubler).run(numbers(1, 2, 2, 3))
    assert np.array_equal(doubled, 2 * numbers(1, 2, 2, 3))


def test_outputs_outlive_the_next_run(doubler: Path) -> None:
    model = LiteRt(doubler)
    (first,) = model.run(numbers(1, 2, 2, 3))
    model.run(np.zeros((1, 2, 2, 3), np.float32))
    assert np.array_equal(first, 2 * numbers(1, 2, 2, 3))


def test_inputs_and_outputs_are_described(doubler: Path) -> None:
    model = LiteRt(doubler)
    assert [(item.name, item.shape) for item in (*model.inputs, *model.outputs)] == [
        ("given", (1, 2, 2, 3)),
        ("doubled", (1, 2, 2, 3)),
    ]


@pytest.mark.parametrize(
    "arrays",
    [(), (numbers(1, 2, 3, 3),), (numbers(1, 2, 2, 3).astype(np.float64),)],
    ids=["none", "shape", "type"],
)
def test_a_wrong_input_is_refused_by_name(doubler: Path, arrays: tuple[Any, ...]) -> None:
    with pytest.raises(WrongInput, match=r"doubler\.tflite"):
        LiteRt(doubler).run(*arrays)


def test_another_shape_can_be_set(doubler: Path) -> None:
    model = LiteRt(doubler)
    model.resize((1, 4, 5, 3))
    (doubled,) = model.run(numbers(1, 4, 5, 3))
    assert np.array_equal(doubled, 2 * numbers(1, 4, 5, 3))


def test_latencies_are_counted_by_the_given_clock(doubler: Path) -> None:
    ticks = iter([0.0, 0.010, 1.0, 1.030])
    model = LiteRt(doubler, clock=lambda: next(ticks))
    model.run(numbers(1, 2, 2, 3))
    model.run(numbers(1, 2, 2, 3))
    latency = model.latency
    assert latency.count == 2
    assert [latency.p50_ms, latency.p95_ms] == pytest.approx([20, 29])


def test_warming_up_is_not_counted(doubler: Path) -> None:
    model = LiteRt(doubler)
    model.warm_up()
    assert (model.latency.count, model.latency.p50_ms) == (0, None)


def test_a_missing_file_is_an_error_with_a_mend(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as caught:
        LiteRt(tmp_path / "none.tflite")
    assert caught.value.mend == "appliance models verify"


@pytest.mark.parametrize("keep", [0, 10, 0.5], ids=["empty", "ten bytes", "half"])
def test_a_damaged_file_is_an_error_with_a_mend(doubler: Path, keep: float) -> None:
    content = doubler.read_bytes()
    doubler.write_bytes(content[: int(keep if keep >= 1 else keep * len(content))])
    with pytest.raises(ModelDamaged) as caught:
        LiteRt(doubler)
    assert caught.value.mend == "appliance models verify"


def test_a_text_file_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "text.tflite"
    path.write_text("Lorem ipsum " * 100)
    with pytest.raises(ModelDamaged):
        LiteRt(path)


def locked_kb() -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmLck")).split()[1])


def test_a_locked_model_stays_in_memory_until_it_is_closed(doubler: Path) -> None:
    before = locked_kb()
    model = LiteRt(doubler, lock=True)
    if model.memory_lock is None or model.memory_lock.refusal:
        pytest.skip("this user may not lock memory")
    during = locked_kb()
    model.close()
    assert during > before == locked_kb()


def test_a_refused_lock_says_why_and_the_model_runs() -> None:
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
        if os.geteuid() == 0:
            os.setuid(65534)
        lock = MemoryLock(Path("/etc/passwd"))
        os._exit(0 if lock.refusal and "LimitMEMLOCK" in lock.refusal else 1)
    assert os.waitpid(child, 0)[1] == 0
