"""The files of the training log, and how long they stay."""

import json
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from appliance.service.clock import timestamp
from appliance.service.durable import TEMPORARY_PREFIX, make_folder, sync_folder, write_file
from appliance.voice import queries
from appliance.voice.audio.recording import encode_wav
from appliance.voice.audio.sound import SAMPLE_RATE_HZ, Samples
from appliance.voice.dialogue.outcome import Outcome

DAYS = 30
SIZE_LIMIT_BYTES = 200_000_000
"""About 1 h 45 min of speech."""
MODE = 0o640


class _Dated(msgspec.Struct):
    """As much of a JSON file as says how old it is."""

    counted_from: str


class TrainingStore:
    """Not for several threads at once; every method may block on the disk and raise OSError."""

    def __init__(self, voice: Path, size_limit_bytes: int = SIZE_LIMIT_BYTES) -> None:
        """`voice` is the room's folder."""
        self._voice = voice
        self._folder = voice / queries.FOLDER
        self._limit_bytes = size_limit_bytes

    def count(self) -> queries.Kept:
        return queries.count(self._voice)

    def add(self, outcome: Outcome, samples: Samples, now: datetime | None) -> None:
        """Returns when it is on the disk; the oldest go when there is too much."""
        make_folder(self._folder)
        ids = self._ids()
        number = int(ids[-1][:8]) + 1 if ids else 1
        name = f"{number:08d}-{secrets.token_hex(4)}"
        document = {
            "version": queries.VERSION,
            "at": timestamp(now),
            "counted_from": timestamp(now),
            "kind": outcome.reply.kind,
            "text": outcome.text,
            "reply": outcome.reply.text,
            "intent": outcome.reply.intent,
            "score": outcome.score,
            "length_s": round(len(samples) / SAMPLE_RATE_HZ, 2),
        }
        sound = self._folder / f"{name}.wav"
        try:
            write_file(sound, encode_wav(samples), MODE)
            write_file(self._folder / f"{name}.json", json.dumps(document).encode(), MODE)
        except OSError:
            sound.unlink(missing_ok=True)
            raise
        self._shrink([*ids, name])

    def delete(self, ids: Iterable[str] | None) -> None:
        """None deletes all. Returns when they are gone from the disk's directory."""
        if not self._folder.is_dir():
            return
        if ids is None:
            for path in self._folder.iterdir():
                path.unlink(missing_ok=True)
        else:
            for name in ids:
                self._unlink(name)
        sync_folder(self._folder)

    def expire(self, now: datetime | None) -> None:
        """Deletes what is too old, and what a power cut left half written. One that was made while
        the time was unknown is as old as the time has been known."""
        if not self._folder.is_dir():
            return
        gone = self._sweep()
        for name in self._ids() if now is not None else ():
            counted_from = self._counted_from(name)
            if counted_from is None:
                self._date(name, timestamp(now))
            elif now is not None and now - counted_from > timedelta(days=DAYS):
                self._unlink(name)
                gone = True
        if gone:
            sync_folder(self._folder)

    def _sweep(self) -> bool:
        whole = set(self._ids())
        gone = False
        for path in self._folder.iterdir():
            orphan = path.suffix == ".wav" and path.stem not in whole
            if orphan or path.name.startswith(TEMPORARY_PREFIX):
                path.unlink(missing_ok=True)
                gone = True
        return gone

    def _shrink(self, ids: list[str]) -> None:
        left_bytes = self.count().size_bytes
        for name in ids:
            if left_bytes <= self._limit_bytes:
                break
            left_bytes -= (self._folder / f"{name}.wav").stat().st_size
            self._unlink(name)
        sync_folder(self._folder)

    def _ids(self) -> list[str]:
        """Oldest first."""
        return sorted(
            path.stem for path in self._folder.glob("*.json") if queries.ID.fullmatch(path.stem)
        )

    def _unlink(self, name: str) -> None:
        for suffix in ("json", "wav"):
            (self._folder / f"{name}.{suffix}").unlink(missing_ok=True)

    def _counted_from(self, name: str) -> datetime | None:
        """None while unknown. A damaged file is as old as can be."""
        try:
            data = (self._folder / f"{name}.json").read_bytes()
            text = msgspec.json.decode(data, type=_Dated).counted_from
            return datetime.fromisoformat(text) if text else None
        except (msgspec.MsgspecError, ValueError):
            return datetime.min.replace(tzinfo=UTC)

    def _date(self, name: str, text: str) -> None:
        path = self._folder / f"{name}.json"
        document = json.loads(path.read_bytes())
        write_file(path, json.dumps({**document, "counted_from": text}).encode(), MODE)
