"""Structured logs: one logfmt line an event on standard error, quiet, and without what concerns
nobody.

Any room logs by the standard library: `logging.getLogger(__name__).info("import paused",
extra={"free_mb": 3})` becomes `level=info service=albums logger=appliance.albums.importer
event="import paused" free_mb=3`. Values whose key names a secret or a person are hidden, and of an
exception only its type and the lines it passed are written, since messages may quote names of files
and people. (An error of ours says its message: rooms keep names out of it.)
"""

import logging
import os
import re
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TextIO

HIDDEN_KEYS = re.compile(
    r"password|secret|token|credential|payload|person_name|file_name|embedding"
)
"""A fact whose key matches is written as `[hidden]`."""

_PRIORITIES = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6}
_OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure(
    service: str,
    stream: TextIO | None = None,
    environment: Mapping[str, str] = os.environ,
    level: int = logging.INFO,
) -> None:
    """Sends every log record of the process to `stream` (standard error), in place of what was set
    before."""
    target = sys.stderr if stream is None else stream
    handler = logging.StreamHandler(target)
    handler.setFormatter(LineFormatter(service, journald=_is_journal(target, environment)))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("appliance").setLevel(level)
    logging.captureWarnings(capture=True)


class LineFormatter(logging.Formatter):
    """Logfmt; for journald with a priority prefix (sd-daemon(3)) and without the time, which it
    adds itself."""

    def __init__(self, service: str, *, journald: bool) -> None:
        super().__init__()
        self._service = service
        self._journald = journald

    def format(self, record: logging.LogRecord) -> str:
        facts: dict[str, object] = {}
        if not self._journald:
            time = datetime.fromtimestamp(record.created, UTC)
            facts["time"] = time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        facts["level"] = record.levelname.lower()
        facts["service"] = self._service
        facts["logger"] = record.name
        facts["event"] = record.getMessage()
        facts |= {key: value for key, value in vars(record).items() if key not in _OWN_FIELDS}
        if record.exc_info and record.exc_info[1] is not None:
            facts |= describe(record.exc_info[1])
        line = " ".join(f"{key}={_value(key, value)}" for key, value in facts.items())
        return f"<{_PRIORITIES.get(record.levelno, 7)}>{line}" if self._journald else line


def describe(error: BaseException) -> dict[str, object]:
    """The facts of an exception that may be written down: its type, where it passed, no foreign
    message."""
    if isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    frames = traceback.extract_tb(error.__traceback__)
    facts: dict[str, object] = {
        "error": type(error).__name__,
        "at": " < ".join(f"{_module(f.filename)}:{f.lineno}:{f.name}" for f in reversed(frames)),
    }
    if isinstance(error, OSError) and error.strerror:
        facts["reason"] = error.strerror  # the message would add the file's name
    elif isinstance(mend := getattr(error, "mend", None), str):
        facts |= {"reason": str(error), "mend": mend}
    return facts


def _module(filename: str) -> str:
    return "/".join(filename.split("/")[-2:])


def _value(key: str, value: object) -> str:
    if HIDDEN_KEYS.search(key.lower()):
        return "[hidden]"
    text = str(value)
    if text and not re.search(r'[\s"=\\]|[^\x20-\x7e]', text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", _escape, escaped) + '"'


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")


def _is_journal(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether `stream` is what JOURNAL_STREAM names (systemd.exec(5)): device and inode of the
    socket or pipe."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environment.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
