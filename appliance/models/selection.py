"""Which model does a task: the best one that is on this box."""

from appliance.models.catalogue import Entry, Task
from appliance.models.errors import ModelMissing, WrongInput
from appliance.models.store import Store
from appliance.models.tasks import face_embedding
from appliance.models.tasks.face_detection import FaceDetector
from appliance.models.tasks.face_embedding import FaceEmbedder
from appliance.models.tasks.yunet_litert import YuNetLiteRt
from appliance.models.tasks.yunet_opencv import YuNetOpenCv


def select(store: Store, task: Task, names: tuple[str, ...] = ()) -> Entry:
    """The best present model of a task; among `names` only, when some of them do this task.

    Raises ModelMissing with the command that brings one, UnknownModel.
    """
    wanted = [store.catalogue.get(name) for name in names]
    entries = [entry for entry in wanted if entry.task == task] or store.catalogue.of_task(task)
    for entry in entries:
        if store.has(entry):
            return entry
    fetchable = next((entry for entry in entries if entry.origin is None), entries[0])
    raise ModelMissing(fetchable.name, fetchable.mend)


def face_detector(store: Store, names: tuple[str, ...] = ()) -> FaceDetector:
    """Raises ModelMissing, ModelDamaged."""
    entry = select(store, "face detection", names)
    path = store.path(entry.name)
    return YuNetLiteRt(path) if entry.runtime == "litert" else YuNetOpenCv(path)


def face_embedder(store: Store, names: tuple[str, ...] = (), threads: int = 1) -> FaceEmbedder:
    """Raises ModelMissing, ModelDamaged."""
    entry = select(store, "face embedding", names)
    path = store.path(entry.name)
    if entry.name == "mobilefacenet":
        return face_embedding.mobilefacenet(path, threads)
    if entry.name == "sface":
        return face_embedding.sface(path, threads)
    raise WrongInput(entry.name, "no program here knows how to feed this model")
