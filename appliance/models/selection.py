"""Which model does a task: the best one that is on this box, loaded and ready."""

from pathlib import Path

from appliance.models.catalogue import Entry, Task
from appliance.models.errors import ModelMissing, WrongInput
from appliance.models.runtimes.litert import LiteRt
from appliance.models.store import Store
from appliance.models.tasks.face_detection import FaceDetector
from appliance.models.tasks.face_embedding import FaceEmbedder, LiteRtEmbedder
from appliance.models.tasks.object_detection import ObjectDetector
from appliance.models.tasks.ssd_litert import SsdLiteRt
from appliance.models.tasks.yunet_litert import YuNetLiteRt
from appliance.models.tasks.yunet_opencv import YuNetOpenCv


def select(store: Store, task: Task, names: tuple[str, ...] = ()) -> Entry:
    """The best present model of a task; among `names` only, when some of them do this task.

    Raises ModelMissing with the command that brings one, UnknownModel.
    """
    wanted = [entry for entry in map(store.catalogue.get, names) if entry.task == task]
    ranked = [entry for entry in store.catalogue.of_task(task) if entry.rank > 0]
    candidates = wanted or ranked
    for entry in candidates:
        if store.has(entry):
            return entry
    # What a fetch brings is less work for the user than what must be built.
    easiest = next((entry for entry in candidates if entry.origin is None), candidates[0])
    raise ModelMissing(easiest.name, easiest.mend)


def face_detector(store: Store, names: tuple[str, ...] = (), *, threads: int = 1) -> FaceDetector:
    """Raises ModelMissing, ModelDamaged, UnknownModel."""
    entry = select(store, "face detection", names)
    return _detector(entry, store.path(entry.name), threads)


def face_embedder(
    store: Store, names: tuple[str, ...] = (), *, threads: int = 1, lock: bool = False
) -> FaceEmbedder:
    """`lock` keeps the file in memory. Raises ModelMissing, ModelDamaged, UnknownModel."""
    entry = select(store, "face embedding", names)
    return _embedder(entry, store.path(entry.name), threads, lock)


def object_detector(
    store: Store, names: tuple[str, ...] = (), *, threads: int = 1
) -> ObjectDetector:
    """Raises ModelMissing, ModelDamaged, UnknownModel."""
    entry = select(store, "object detection", names)
    return SsdLiteRt(entry.name, LiteRt(store.path(entry.name), threads=threads))


def load(entry: Entry, model: Path) -> FaceDetector | FaceEmbedder | ObjectDetector:
    """Tries a file as that entry's. Raises ModelDamaged, WrongInput when it cannot be."""
    if entry.task == "face detection":
        return _detector(entry, model, 1)
    if entry.task == "face embedding":
        return _embedder(entry, model, 1, lock=False)
    if entry.task == "object detection":
        return SsdLiteRt(entry.name, LiteRt(model))
    raise WrongInput(entry.name, f"no program runs models for the task {entry.task!r}")


def _detector(entry: Entry, model: Path, threads: int) -> FaceDetector:
    if entry.runtime == "opencv":
        return YuNetOpenCv(entry.name, model)
    return YuNetLiteRt(entry.name, LiteRt(model, threads=threads))


def _embedder(entry: Entry, model: Path, threads: int, lock: bool) -> FaceEmbedder:
    runtime = LiteRt(model, threads=threads, lock=lock)
    runtime.warm_up()
    match entry.like or entry.name:
        case "mobilefacenet":
            return LiteRtEmbedder(entry.name, runtime, offset=127.5, divisor=128.0)
        case "sface":  # the net scales its input itself
            return LiteRtEmbedder(entry.name, runtime, offset=0.0, divisor=1.0)
    raise WrongInput(entry.name, "no program here knows how to feed this model")
