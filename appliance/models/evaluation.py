"""How well the face models tell people apart, on labelled pairs that the caller names."""

import csv
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from appliance.models.errors import WrongInput
from appliance.models.tasks.face_alignment import align
from appliance.models.tasks.face_detection import Face, FaceDetector, Floats, Image
from appliance.models.tasks.face_embedding import FaceEmbedder

COLUMNS = ("fold", "a", "b", "same")
FALSE_ACCEPT_RATE = 1e-3


@dataclass(frozen=True)
class Pair:
    """Two photos and whether they show one person."""

    fold: int
    a: str
    b: str
    same: bool


@dataclass(frozen=True)
class Verification:
    """The outcome; accuracies and rates are 0-1."""

    pairs: int
    accuracy: float
    """Mean over the folds, each with the threshold that is best on the others."""
    accuracy_std: float
    """Standard deviation over the folds."""
    true_accept_rate: float
    """Of pairs of one person, at a false accept rate of 1e-3."""
    undetected: int
    """Photos without a face that was found; a pair with one is a wrong answer."""
    detect_ms: float
    """Median of a photo."""
    embed_ms: float
    """Median of a face, alignment included."""


def read_pairs(table: Path, limit: int | None = None) -> list[Pair]:
    """The rows of a tab-separated table with the columns fold, a, b and same (1 or 0).

    `limit` takes that many, evenly spaced, so that all folds stay. Raises WrongInput.
    """
    try:
        with table.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t")
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise WrongInput(str(table), f"the first line lacks the columns {missing}")
            pairs = [_pair(table, number, row) for number, row in enumerate(reader, 2)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise WrongInput(str(table), f"cannot be read as a table ({error})") from error
    if limit is not None and limit < len(pairs):
        pairs = [pairs[index * len(pairs) // limit] for index in range(limit)]
    if len({pair.fold for pair in pairs}) < 2 or len({pair.same for pair in pairs}) < 2:
        raise WrongInput(str(table), "needs two folds, and pairs of both kinds")
    return pairs


def _pair(table: Path, line: int, row: dict[str, str | None]) -> Pair:
    fold, a, b, same = (row[name] or "" for name in COLUMNS)
    if not fold.isdecimal() or not a or not b or same not in ("0", "1"):
        raise WrongInput(str(table), f"line {line} is not: whole number, photo, photo, 1 or 0")
    return Pair(int(fold), a, b, same == "1")


def verify(
    folder: Path,
    pairs: list[Pair],
    detector: FaceDetector,
    embedder: FaceEmbedder,
    progress: Callable[[int, int], None],
    clock: Callable[[], float] = time.perf_counter,
) -> Verification:
    """Finds, aligns and embeds the face nearest the centre of each photo, and compares the pairs.

    `progress` gets photos done and their number; `clock` gives seconds. Raises WrongInput for a
    photo that cannot be read.
    """
    names = sorted({name for pair in pairs for name in (pair.a, pair.b)})
    vectors: dict[str, Floats | None] = {}
    detect_ms, embed_ms = [], []
    for done, name in enumerate(names, 1):
        image = _read_image(folder / name)
        start = clock()
        face = nearest_centre(image, detector.find(image))
        found = clock()
        vectors[name] = embedder.embed(align(image, face.landmarks)[None])[0] if face else None
        detect_ms.append((found - start) * 1000)
        if face:
            embed_ms.append((clock() - found) * 1000)
        progress(done, len(names))
    scores = np.array([_score(vectors[pair.a], vectors[pair.b]) for pair in pairs])
    same = np.array([pair.same for pair in pairs])
    folds = np.array([pair.fold for pair in pairs])
    accuracies = fold_accuracies(scores, same, folds)
    return Verification(
        pairs=len(pairs),
        accuracy=float(accuracies.mean()),
        accuracy_std=float(accuracies.std(ddof=1)),
        true_accept_rate=true_accept_rate(scores, same, FALSE_ACCEPT_RATE),
        undetected=sum(vector is None for vector in vectors.values()),
        detect_ms=float(np.median(detect_ms)),
        embed_ms=float(np.median(embed_ms)) if embed_ms else 0.0,
    )


def nearest_centre(image: Image, faces: Iterable[Face]) -> Face | None:
    """The face whose box is centred nearest the picture's centre."""
    height, width = image.shape[:2]

    def distance(face: Face) -> float:
        x = face.box.x + face.box.width / 2 - width / 2
        y = face.box.y + face.box.height / 2 - height / 2
        return math.hypot(x, y)

    return min(faces, key=distance, default=None)


def fold_accuracies(
    scores: npt.NDArray[np.float64], same: npt.NDArray[np.bool_], folds: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """The share of right answers in each fold, at the threshold that is best on all the others.

    A score that is not a number (a face that was not found) is a wrong answer.
    """
    accuracies = []
    for fold in np.unique(folds):
        held_out = folds == fold
        threshold = best_threshold(scores[~held_out], same[~held_out])
        valid = np.isfinite(scores[held_out])
        right = ((scores[held_out] >= threshold) == same[held_out]) & valid
        accuracies.append(float(right.mean()))
    return np.array(accuracies)


def best_threshold(scores: npt.NDArray[np.float64], same: npt.NDArray[np.bool_]) -> float:
    """The threshold with the most right answers, halfway between the two scores it separates."""
    valid = np.isfinite(scores)
    order = np.argsort(scores[valid])
    sorted_scores, sorted_same = scores[valid][order], same[valid][order]
    # right[i]: the i lowest are called different, the others one person.
    below_right = np.concatenate([[0], np.cumsum(~sorted_same)])
    above_right = sorted_same.sum() - np.concatenate([[0], np.cumsum(sorted_same)])
    # Beyond the cosines' -1 to 1, so that all or none can be called one person.
    edges = np.concatenate([[-2.0], sorted_scores, [2.0]])
    separable = edges[:-1] < edges[1:]
    cut = int(np.argmax(np.where(separable, below_right + above_right, -1)))
    low, high = float(edges[cut]), float(edges[cut + 1])
    middle = low + (high - low) / 2
    return middle if middle > low else high


def true_accept_rate(
    scores: npt.NDArray[np.float64], same: npt.NDArray[np.bool_], false_accept_rate: float
) -> float:
    """The share of one-person pairs above the threshold that accepts that share of the others."""
    impostors = np.sort(scores[~same & np.isfinite(scores)])[::-1]
    allowed = int(false_accept_rate * len(impostors))
    threshold = impostors[allowed] if allowed < len(impostors) else -np.inf
    accepted = np.nan_to_num(scores[same], nan=-np.inf) > threshold
    return float(accepted.mean())


def _score(a: Floats | None, b: Floats | None) -> float:
    """The cosine; not a number when a face is missing."""
    return float("nan") if a is None or b is None else float(a @ b)


def _read_image(path: Path) -> Image:
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise WrongInput(str(path), f"cannot be read ({error.strerror})") from error
    image = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB) if len(data) else None
    if image is None:
        raise WrongInput(str(path), "is not a picture")
    return np.asarray(image, np.uint8)
