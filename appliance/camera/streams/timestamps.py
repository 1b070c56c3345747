"""Timestamps as cameras send them, repaired so that a file can be made of them.

Real cameras send equal and missing timestamps, some go back, some jump by hours when their clock is
set. A file's decoding times rise strictly (ISO/IEC 14496-12, 8.6.1.2 has only positive steps).
"""

JUMP_S = 4.0
"""A longer step forward is no step of a stream that is alive, nor is any longer than
`BACK_S` back: time goes on from where it was."""
BACK_S = 0.5
USUAL_STEP_S = 1 / 25
"""Until the stream has shown its own."""
MEMORY = 0.9
"""How much the usual step keeps of what it was, each packet."""


class Repair:
    """The times of one stream, in its time base."""

    def __init__(self, ticks_per_s: float) -> None:
        self._ticks_per_s = ticks_per_s
        self._step = max(1.0, USUAL_STEP_S * ticks_per_s)
        self._offset = 0
        self._last_raw: int | None = None
        self._last: int | None = None
        self.repaired = 0
        """How many times were not as they should be."""

    def mend(self, dts: int | None, pts: int | None) -> tuple[int, int]:
        """Decoding and presentation time: the first strictly above that of the packet before, the
        second not below the first."""
        raw = dts if dts is not None else pts
        if raw is None:
            self.repaired += 1
            raw = self._expected_raw()
        if self._jumps(raw):
            self.repaired += 1
            self._offset += self._expected_raw() - raw
        elif self._last_raw is not None and raw > self._last_raw:
            step = min(raw - self._last_raw, self._ticks_per_s)
            self._step = max(1.0, MEMORY * self._step + (1 - MEMORY) * step)
        self._last_raw = raw
        fixed = raw + self._offset
        if self._last is not None and fixed <= self._last:
            self.repaired += 1
            fixed = self._last + 1
        self._last = fixed
        shown = fixed if pts is None else pts + self._offset
        ahead = shown - fixed
        if ahead < 0 or ahead > JUMP_S * self._ticks_per_s:
            shown = fixed
        return fixed, shown

    def _expected_raw(self) -> int:
        return 0 if self._last_raw is None else self._last_raw + round(self._step)

    def _jumps(self, raw: int) -> bool:
        if self._last_raw is None:
            return False
        step_s = (raw - self._last_raw) / self._ticks_per_s
        return step_s > JUMP_S or step_s < -BACK_S
