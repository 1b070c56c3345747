"""A service on the kit, for the tests of its life; told by the environment how to behave."""

import asyncio
import os
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec

from appliance.service.clock import SystemClock
from appliance.service.health import Check, Finding
from appliance.service.process import Context, run
from appliance.service.settings import Section

BEHAVIOUR = os.environ.get("BEHAVIOUR", "")


class Settings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    threads: Annotated[int, msgspec.Meta(ge=1, le=4)] = 1


class Room:
    name = "albums"
    budget_mb = 500.0

    def note(self, event: str) -> None:
        with Path(os.environ["JOURNAL"]).open("a") as journal:
            journal.write(f"{event}\n")

    async def start(self, context: Context) -> None:
        settings = context.settings("albums", Settings)
        self.note(f"start with {settings.threads} threads")
        if BEHAVIOUR == "slow start":
            await asyncio.sleep(600)
        if BEHAVIOUR == "failing task":
            context.tasks.create_task(self.fail())
        if BEHAVIOUR == "stuck thread":
            pulse = context.pulse("worker", limit_s=0.5)
            pulse.beat()
        if BEHAVIOUR == "stuck loop":
            asyncio.get_running_loop().call_later(0.5, threading.Event().wait)
        if BEHAVIOUR == "endless stop":
            context.tasks.create_task(asyncio.sleep(600))

    async def fail(self) -> None:
        raise ValueError("Anna Example was in the picture")

    async def stop(self) -> None:
        self.note("stop")

    def checks(self) -> Sequence[Check]:
        return [self.look] if BEHAVIOUR == "ailing" else []

    def look(self) -> Sequence[Finding]:
        return [Finding("lens", "The lens is dirty.", "wipe it", "degraded")]


if __name__ == "__main__":
    clock = SystemClock(datetime(2999, 1, 1, tzinfo=UTC)) if BEHAVIOUR == "1970" else SystemClock()
    run(Room(), clock)
