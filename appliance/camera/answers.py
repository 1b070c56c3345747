"""Questions on the bus, and what Home Assistant switches, answered by the room."""

import asyncio
import secrets
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from appliance.bus import topics
from appliance.bus.client import Bus
from appliance.bus.messages import camera
from appliance.bus.messages.base import Done, Failure
from appliance.camera.children import protocol
from appliance.camera.errors import UnknownCamera
from appliance.camera.events.journal import Journal
from appliance.camera.events.way import Way
from appliance.camera.live import Live
from appliance.service.durable import TEMPORARY_PREFIX

ANSWER_LIMIT_S = 3.0
"""How long a camera's process may take: less than who asks waits."""
AWAY = Failure(
    code="away",
    message="The camera gives no pictures now.",
    mend="appliance status says what is wrong with it",
)
NOT_REMEMBERED = Failure(
    code="not_remembered",
    message="It does not hold, for it cannot be written down: the disk refused.",
    mend="appliance status says what is wrong with it",
)
UNKNOWN_EVENT = Failure(
    code="unknown_event", message="There is no such event (any more).", mend="reload the page"
)


class Answers:
    """Registers itself on the bus."""

    def __init__(
        self, bus: Bus, cameras: Mapping[str, Live], journal: Journal, pictures: Path
    ) -> None:
        """`pictures` is where live pictures go: `Paths.camera_pictures`."""
        self._cameras = cameras
        self._journal = journal
        self._pictures = pictures
        self._judged: dict[str, asyncio.Future[tuple[int, ...]]] = {}
        self._shown: dict[str, list[asyncio.Future[bytes]]] = {}
        bus.answer(topics.ARM_CAMERA, self._arm)
        bus.answer(topics.JUDGE_EVENT, self._judge)
        bus.answer(topics.TAKE_SNAPSHOT, self._take_snapshot)
        bus.obey(topics.SWITCH_ARMED, self._switch)

    def hear(self, live: Live, report: protocol.Report) -> None:
        """What a camera's process answers."""
        if isinstance(report, protocol.Judged):
            waiting = self._judged.pop(report.reference, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(report.numbers)
        elif isinstance(report, protocol.Live):
            for each in self._shown.pop(live.key, []):
                if not each.done():
                    each.set_result(report.jpeg)

    async def _arm(self, question: camera.ArmCamera) -> Done | Failure:
        live = self._cameras.get(question.camera)
        if live is None:
            return _unknown(question.camera)
        live.arm(question.armed)
        try:
            await asyncio.to_thread(
                self._journal.set_armed, live.key, live.camera.name, question.armed
            )
        except (OSError, sqlite3.Error):
            message = "It cannot be remembered over a restart: the disk refused."
            return Failure(code="not_remembered", message=message, mend="appliance status")
        return Done()

    async def _switch(self, text: str) -> None:
        key, _, word = text.partition(" ")
        if key in self._cameras and word in {"ON", "OFF"}:
            await self._arm(camera.ArmCamera(camera=key, armed=word == "ON"))

    async def _judge(self, question: camera.JudgeEvent) -> Done | Failure:
        event = await asyncio.to_thread(self._journal.find, question.id)
        if event is None:
            return UNKNOWN_EVENT
        live = self._cameras.get(event.camera)
        if live is None:
            return _unknown(event.camera)
        before = await asyncio.to_thread(self._journal.judgements, question.id)
        if before and not live.watcher.tell(protocol.TakeBack(tuple(before))):
            return AWAY
        numbers: tuple[int, ...] = ()
        if question.verdict != "none":
            way = await asyncio.to_thread(self._journal.way, question.id)
            if not way:
                message = "It is not known where in the picture that was."
                return Failure(code="no_place", message=message)
            numbers = await self._ask_to_judge(live, question.verdict, event.kind or "other", way)
            if not numbers:
                return AWAY
        verdict = "" if question.verdict == "none" else question.verdict
        try:
            await asyncio.to_thread(self._journal.set_verdict, question.id, verdict, numbers)
        except (OSError, sqlite3.Error):
            # Nobody could take back what is not written down.
            live.watcher.tell(protocol.TakeBack(numbers))
            return NOT_REMEMBERED
        return Done()

    async def _ask_to_judge(
        self, live: Live, verdict: camera.Verdict, kind: str, way: Way
    ) -> tuple[int, ...]:
        """The numbers of the judgements; empty when the camera's process does not answer."""
        places = tuple(protocol.Place(box.x, box.y, box.width, box.height) for box in way)
        reference = secrets.token_hex(8)
        answer: asyncio.Future[tuple[int, ...]] = asyncio.get_running_loop().create_future()
        self._judged[reference] = answer
        if not live.watcher.tell(protocol.Judge(reference, verdict, kind, places)):
            del self._judged[reference]
            return ()
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                return await answer
        except TimeoutError:
            self._judged.pop(reference, None)
            return ()

    async def _take_snapshot(self, question: camera.TakeSnapshot) -> camera.SnapshotTaken | Failure:
        live = self._cameras.get(question.camera)
        if live is None:
            return _unknown(question.camera)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._shown.setdefault(live.key, []).append(answer)
        if not live.watcher.tell(protocol.TakePicture()):
            self._shown[live.key].remove(answer)
            return AWAY
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                jpeg = await answer
        except TimeoutError:
            return AWAY
        file = f"{live.key}.jpg"
        try:
            await asyncio.to_thread(self._write, file, jpeg)
        except OSError as error:
            reason = error.strerror or "the disk refused"
            return Failure(code="not_written", message=f"The picture cannot be kept: {reason}.")
        return camera.SnapshotTaken(file=file)

    def _write(self, file: str, jpeg: bytes) -> None:
        """Whole for who reads it meanwhile, but not durable: the next one comes in a second."""
        self._pictures.mkdir(mode=0o750, parents=True, exist_ok=True)
        temporary = self._pictures / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}"
        try:
            temporary.write_bytes(jpeg)
            temporary.rename(self._pictures / file)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _unknown(key: str) -> Failure:
    error = UnknownCamera(key)
    return Failure(code=error.code, message=str(error), mend=error.mend)
