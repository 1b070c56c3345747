"""What was refused or dropped: counted each time, logged the first time, never quoted."""

import collections
import logging

logger = logging.getLogger(__name__)


class Refusals:
    def __init__(self) -> None:
        self.counts: collections.Counter[tuple[str, str]] = collections.Counter()
        """How often, by topic (as spelled in topics.py) and kind (`malformed`, ...)."""

    def add(self, topic: str, kind: str) -> None:
        self.counts[topic, kind] += 1
        if self.counts[topic, kind] == 1:
            logger.warning("message refused", extra={"topic": topic, "kind": kind})
