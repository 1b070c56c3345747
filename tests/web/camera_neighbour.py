"""The other side of the page: what cameras keep, and what answers in their place on a real broker.

Three cameras of a household, with painted pictures; what the room is asked, it writes down.
"""

import hashlib
import json
import math
import os
import random
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from appliance.bus.client import Bus
from appliance.bus.messages import camera
from appliance.bus.messages.base import Done, Failure, Message
from appliance.bus.messages.service import Health, Reason
from appliance.bus.topics import (
    ARM_CAMERA,
    CAMERA_EVENT,
    CAMERA_STATE,
    HEALTH,
    JUDGE_EVENT,
    TAKE_SNAPSHOT,
)
from appliance.camera import queries
from appliance.camera.box import Box
from appliance.camera.events.journal import Journal
from appliance.camera.events.tracker import Event
from appliance.camera.footage.recorder import OPTIONS
from appliance.camera.footage.recordings import name_of
from appliance.service.paths import Paths
from tests.web import camera_pictures
from tests.web.camera_pictures import Thing

CAMERAS = {"front_door": "Front door", "garden": "Garden", "drive": "Drive"}
VIEWS = dict(zip(CAMERAS, camera_pictures.VIEWS, strict=True))
MINUTE_MS = 60_000
ROWS, COLUMNS = 16, 24


@dataclass(frozen=True)
class Odd:
    """Something that was not as usual."""

    camera: str
    minutes_ago: float
    kind: str
    cause: str
    sentence: str
    things: tuple[Thing, ...] = (Thing("person", 0.5, 0.8, 0.3),)
    score: float = 0.71
    length_s: float = 12.0
    who: str = ""
    verdict: str = ""


RUNNER = Odd("front_door", 42, "person", "speed",
             "A person is faster than anything seen here: 2.4x.",
             (Thing("person", 0.3, 0.66, 0.24), Thing("car", 0.7, 0.62, 0.16, (60, 90, 140))),
             0.86, 9)  # fmt: skip
ODDS = (
    RUNNER,
    Odd("garden", 95, "person", "stay",
        "A person has been standing here for 48 s: people pass here and do not stop so long.",
        (Thing("person", 0.62, 0.72, 0.3, (60, 100, 120)), Thing("dog", 0.4, 0.82, 0.15)),
        0.68, 61, f"{queries.PERSON}1"),
    Odd("drive", 180, "other", "left", "Something was left here 40 s ago and stands still.",
        (Thing("parcel", 0.24, 0.6, 0.1),), 0.74, 44, verdict="always"),
    Odd("front_door", 305, "vehicle", "kind", "A vehicle where only people pass.",
        (Thing("car", 0.48, 0.86, 0.24, (150, 60, 52)),), 0.93, 21),
    Odd("front_door", 26 * 60, "animal", "place", "An animal moves where nothing ever moves.",
        (Thing("dog", 0.2, 0.9, 0.16, (120, 84, 56)),), 0.61, 7, verdict="normal"),
    Odd("drive", 27 * 60 + 20, "person", "direction",
        "A person goes another way than almost everybody here: 1 in 40 does.",
        (Thing("person", 0.5, 0.9, 0.4, (70, 90, 60)),), 0.58, 15, queries.NOBODY),
    Odd("front_door", 51 * 60, "person", "told",
        "A person is here, and you wanted to be told always.",
        (Thing("person", 0.52, 0.95, 0.42, (44, 104, 120)),), 0.99, 18),
)  # fmt: skip


@contextmanager
def journal_of(folder: Path) -> Iterator[Journal]:
    journal = Journal(folder)
    yield journal
    journal.close()


def move_in(paths: Paths, now_ms: int, *, films: bool = False, pictures: bool = True) -> list[str]:
    """What cameras have kept until now; the ids of their events, the newest first."""
    folder = paths.camera
    with journal_of(folder) as journal:
        journal.replace_cameras(CAMERAS)
        ids = [
            add(journal, folder, now_ms, odd, pictures=pictures, film=films)
            for odd in sorted(ODDS, key=lambda one: -one.minutes_ago)
        ]
        for key in CAMERAS:
            journal.add_minutes(lively(key, now_ms))
    for key, name in VIEWS.items():
        if pictures:
            camera_pictures.save_jpeg(
                paths.camera_pictures / f"{key}.jpg", camera_pictures.view(name)
            )
        learn(folder, key)
    return ids[::-1]


def add(
    journal: Journal,
    folder: Path,
    now_ms: int,
    odd: Odd,
    *,
    pictures: bool = False,
    film: bool = False,
    is_open: bool = False,
) -> str:
    """Writes an event down, with its picture and film; its id."""
    words = f"{odd.camera} {odd.minutes_ago} {odd.sentence}"
    identifier = hashlib.sha256(words.encode()).hexdigest()[:16]
    x, y, width, height = odd.things[0].box
    start_ms = round(now_ms - odd.minutes_ago * MINUTE_MS)
    event = Event(
        id=identifier,
        start_s=0,
        last_s=odd.length_s,
        score=odd.score,
        kind=odd.kind,
        cause=odd.cause,
        sentence=odd.sentence,
        place=Box(x, y, width, height),
    )
    name = CAMERAS.get(odd.camera, odd.camera)
    end_ms = round(start_ms + odd.length_s * 1000)
    journal.write(event, odd.camera, name, start_ms, end_ms, is_open=is_open)
    if pictures:
        file = f"{queries.SNAPSHOTS}/{identifier}.jpg"
        view = camera_pictures.view(VIEWS.get(odd.camera, "street"), odd.things, marked=0)
        camera_pictures.save_jpeg(folder / file, view)
        journal.set_snapshot(identifier, file)
    if film:
        file = f"{queries.CLIPS}/{identifier}.mp4"
        camera_pictures.film(folder / file, VIEWS.get(odd.camera, "street"), odd.things[0].kind)
        journal.set_clip(identifier, file)
    if odd.who:
        journal.set_who(identifier, odd.who)
    if odd.verdict:
        journal.set_verdict(identifier, odd.verdict, [1])
    return identifier


def lively(key: str, now_ms: int) -> dict[tuple[str, int], tuple[float, float, float]]:
    """Three days' minutes: quiet nights, mornings and evenings with much going on."""
    chance = random.Random(key)
    begin = now_ms - now_ms % MINUTE_MS - 3 * 24 * 60 * MINUTE_MS
    found = {}
    for at_ms in range(begin, now_ms, MINUTE_MS):
        hour = at_ms / 3_600_000 % 24
        busy = 0.02 + 0.5 * math.exp(-(((hour - 8) / 1.6) ** 2))
        busy += 0.45 * math.exp(-(((hour - 17.5) / 2.2) ** 2)) + (0.12 if 9 < hour < 20 else 0)
        if chance.random() < busy:
            moving_s = min(60.0, chance.expovariate(1 / 14))
            found[key, at_ms] = (chance.random() * 0.4, moving_s, 0.0)
    return found


def record(folder: Path, key: str, starts_ms: Iterable[int], seconds: float) -> None:
    """Pieces of a recording, all of which show the same."""
    film = folder / f"{key}.mp4"
    camera_pictures.film(film, VIEWS[key], seconds=seconds, fps=5, options=OPTIONS)
    for start_ms in starts_ms:
        path = folder / queries.RECORDINGS / key / name_of(start_ms)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(film, path)
        os.utime(path, (start_ms / 1000 + seconds,) * 2)
    film.unlink()


def learn(folder: Path, key: str) -> None:
    """What a camera has learned: two ways on which people and cars go."""
    presence = [[0.0] * COLUMNS for _ in range(ROWS)]
    speed: list[list[float | None]] = [[None] * COLUMNS for _ in range(ROWS)]
    for row in range(ROWS):
        for column in range(COLUMNS):
            road = math.exp(-(((row - 8.4) / 1.4) ** 2))
            path = math.exp(-(((column - 11.7) / 1.8) ** 2)) * (row > 8)
            presence[row][column] = 400 * (0.5 * road + path)
            if road > 0.1 or path > 0.1:
                speed[row][column] = (0.62 * road + 0.16 * path) / (road + path)
    write_learned(folder, key, {"version": 1, "presence": presence, "speed": speed})


def write_learned(folder: Path, key: str, arrays: object) -> None:
    path = folder / queries.LEARNED / f"{key}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(arrays))


def state(key: str = "front_door", **facts: object) -> camera.CameraState:
    """A camera that is well."""
    usual: dict[str, object] = {
        "camera": key, "name": CAMERAS.get(key, key), "online": True, "recording": True,
        "armed": True, "motion": False, "person": False, "anomaly": False,
    }  # fmt: skip
    return camera.CameraState(**(usual | facts))  # type: ignore[arg-type]


class CameraNeighbour:
    """Answers as the room of cameras does; `asked` is what it was asked."""

    def __init__(self, bus: Bus, folder: Path) -> None:
        self.asked: list[Message] = []
        self.refusal: Failure | None = None
        """What every question is answered with, when set."""
        self._bus = bus
        self._folder = folder
        self._states = {key: state(key) for key in CAMERAS}
        bus.answer(ARM_CAMERA, self._arm)
        bus.answer(JUDGE_EVENT, self._judge)
        bus.answer(TAKE_SNAPSHOT, self._take)

    async def say_hello(self, reasons: list[Reason] | None = None) -> None:
        """Publishes what the room publishes when it has started."""
        await self._bus.publish(
            HEALTH,
            Health(
                state="degraded" if reasons else "ok",
                reasons=reasons or [],
                pid=4713,
                software="0.1.0",
                pss_mb=141.7,
                budget_mb=350,
                started_at="2026-11-23T08:00:00+00:00",
            ),
        )
        for key in CAMERAS:
            await self.tell(key)

    async def tell(self, key: str, **facts: object) -> None:
        """Publishes how a camera is, with something changed."""
        self._states[key] = msgspec.structs.replace(self._states[key], **facts)
        await self._bus.publish(CAMERA_STATE, self._states[key])

    async def see(self, odd: Odd, now_ms: int, *, is_open: bool = False) -> str:
        """Something is not as usual: it is written down and told."""
        with journal_of(self._folder) as journal:
            identifier = add(journal, self._folder, now_ms, odd, pictures=True, is_open=is_open)
        await self._say("open" if is_open else "close", identifier, odd)
        return identifier

    async def _say(self, what: str, identifier: str, odd: Odd) -> None:
        event = camera.CameraEvent(
            event_type=what,  # type: ignore[arg-type]
            id=identifier,
            camera=odd.camera,
            name=CAMERAS[odd.camera],
            at="2026-11-23T17:00:00Z",
            length_s=odd.length_s,
            score=odd.score,
            kind=odd.kind,  # type: ignore[arg-type]
            cause=odd.cause,
            sentence=odd.sentence,
        )
        await self._bus.publish(CAMERA_EVENT, event)

    async def _arm(self, question: camera.ArmCamera) -> Done | Failure:
        self.asked.append(question)
        if self.refusal is None:
            await self.tell(question.camera, armed=question.armed)
        return self.refusal or Done()

    async def _judge(self, question: camera.JudgeEvent) -> Done | Failure:
        self.asked.append(question)
        if self.refusal is None:
            with journal_of(self._folder) as journal:
                verdict = "" if question.verdict == "none" else question.verdict
                journal.set_verdict(question.id, verdict, [1] if verdict else [])
        return self.refusal or Done()

    async def _take(self, question: camera.TakeSnapshot) -> camera.SnapshotTaken | Failure:
        self.asked.append(question)
        return self.refusal or camera.SnapshotTaken(file=f"{question.camera}.jpg")


def many(folder: Path, count: int, now_ms: int, odd: Odd = RUNNER) -> None:
    """So many events more."""
    with journal_of(folder) as journal:
        for number in range(count):
            add(journal, folder, now_ms, replace(odd, minutes_ago=2000 + count - number,
                                                 sentence=f"Thing {number}."))  # fmt: skip
