"""What a process says of itself: health on the bus, a line of status to its supervisor."""

import asyncio
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import appliance
from appliance.bus.client import Bus
from appliance.bus.messages.service import Health, Reason
from appliance.bus.topics import HEALTH
from appliance.service.clock import Clock, timestamp
from appliance.service.health import Check, Facts, Finding, examine, summarise
from appliance.service.memory import tree_pss_bytes
from appliance.service.notify import Notifier
from appliance.service.paths import Paths

EXAMINE_EVERY_S = 10.0
PUBLISH_EVERY_S = 60.0

logger = logging.getLogger(__name__)


class Reporter:
    """Examines the process every ten seconds; publishes its health when it changes and once a
    minute."""

    def __init__(
        self, paths: Paths, bus: Bus, clock: Clock, notifier: Notifier, budget_mb: float
    ) -> None:
        self._paths = paths
        self._bus = bus
        self._clock = clock
        self._notifier = notifier
        self._budget_mb = budget_mb
        self._started = clock.monotonic()
        self._seen_online = self._started
        self._published: tuple[float, list[Finding]] | None = None

    async def run(self, checks: Sequence[Check]) -> None:
        """Until cancelled."""
        while True:
            await self.report(checks)
            await self._pause()

    async def report(self, checks: Sequence[Check]) -> None:
        """Examines once, and publishes when something has changed or the last message is a minute
        old."""
        monotonic_s = self._clock.monotonic()
        if self._bus.connected.is_set():
            self._seen_online = monotonic_s
        pss_mb = await asyncio.to_thread(tree_pss_bytes, os.getpid()) / 1e6
        facts = Facts(
            service=self._bus.service,
            paths=self._paths,
            now=self._clock.now(),
            pss_mb=pss_mb,
            budget_mb=self._budget_mb,
            offline_s=monotonic_s - self._seen_online,
        )
        findings = await asyncio.to_thread(examine, facts, checks)
        if self._published is not None:
            published_s, before = self._published
            if _same(before, findings) and monotonic_s - published_s < PUBLISH_EVERY_S:
                return
        self._published = monotonic_s, findings
        self._notifier.status(_sentence(findings))
        await self._bus.publish(HEALTH, self._health(findings, pss_mb))

    def _health(self, findings: Sequence[Finding], pss_mb: float) -> Health:
        return Health(
            state=summarise(findings),
            reasons=[
                Reason(rule=f.rule, message=f.message, mend=f.mend, severity=f.severity)
                for f in findings
            ],
            pid=os.getpid(),
            software=appliance.__version__,
            pss_mb=round(pss_mb, 1),
            budget_mb=self._budget_mb,
            started_at=self._started_at(),
        )

    def _started_at(self) -> str:
        """Computed anew each time: the clock may have been set since the start."""
        now = self._clock.now()
        age = timedelta(seconds=self._clock.monotonic() - self._started)
        return timestamp(now - age if now else None)

    async def _pause(self) -> None:
        """Until the next examination is due, or the broker is reached (so that a page sees us at
        once)."""
        if self._bus.connected.is_set():
            await asyncio.sleep(EXAMINE_EVERY_S)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._bus.connected.wait(), EXAMINE_EVERY_S)


def _same(before: Sequence[Finding], now: Sequence[Finding]) -> bool:
    """Whether the same rules have found the same; figures in the sentences are let pass until the
    next minute."""
    return [(f.rule, f.severity) for f in before] == [(f.rule, f.severity) for f in now]


def _sentence(findings: Sequence[Finding]) -> str:
    if not findings:
        return "healthy"
    return f"{summarise(findings)}: " + " ".join(finding.message for finding in findings)
