"""A log line is one line, can be taken apart, and keeps what is nobody's business."""

import io
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.service import log
from appliance.service.errors import DatabaseMissing


@pytest.fixture
def formatter() -> log.LineFormatter:
    return log.LineFormatter("albums", journald=True)


def record(event: str, level: int = logging.INFO, /, **facts: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"msg": event, "levelno": level, "name": "appliance.albums"})
    vars(made).update(facts)
    made.levelname = logging.getLevelName(level)
    return made


def test_facts_follow_the_event(formatter: log.LineFormatter) -> None:
    line = formatter.format(record("import paused", free_mb=3))
    assert line == (
        '<6>level=info service=albums logger=appliance.albums event="import paused" free_mb=3'
    )


@pytest.mark.parametrize(
    ("level", "priority"),
    [(logging.DEBUG, 7), (logging.INFO, 6), (logging.WARNING, 4), (logging.ERROR, 3)],
)
def test_the_journal_learns_how_grave_it_is(
    formatter: log.LineFormatter, level: int, priority: int
) -> None:
    assert formatter.format(record("x", level)).startswith(f"<{priority}>")


def test_without_a_journal_the_time_stands_first() -> None:
    line = log.LineFormatter("albums", journald=False).format(record("x"))
    assert line.startswith("time=20")
    assert "Z level=info" in line


@pytest.mark.parametrize("key", ["password", "session_token", "person_name", "api_secret"])
def test_secrets_and_names_are_hidden(formatter: log.LineFormatter, key: str) -> None:
    line = formatter.format(record("x", logging.INFO, **{key: "Anna"}))
    assert f"{key}=[hidden]" in line
    assert "Anna" not in line


def raised(error: Exception) -> dict[str, object]:
    with pytest.raises(type(error)) as caught:
        raise error
    return log.describe(caught.value)


def test_foreign_messages_are_left_out() -> None:
    facts = raised(ValueError("Anna.jpg"))
    assert facts["error"] == "ValueError"
    assert "raised" in str(facts["at"])
    assert "Anna" not in str(facts)


def test_an_error_of_the_system_is_told_without_the_files_name() -> None:
    assert raised(FileNotFoundError(2, "No such file", "Anna.jpg"))["reason"] == "No such file"
    assert "Anna" not in str(raised(FileNotFoundError(2, "No such file", "Anna.jpg")))


def test_an_error_of_ours_is_told_with_its_mend() -> None:
    facts = raised(DatabaseMissing("albums", Path("/data/albums/albums.db")))
    assert facts["mend"] == "appliance restart albums"
    assert "not there yet" in str(facts["reason"])


@given(event=st.text(), value=st.text())
def test_whatever_is_logged_is_one_line_that_can_be_taken_apart(event: str, value: str) -> None:
    line = log.LineFormatter("albums", journald=True).format(
        record("%s", args=(event,), fact=value)
    )
    assert len(line.splitlines()) == 1
    facts = re.findall(r'(?:^| )([<\w>]+)=("(?:[^"\\]|\\.)*"|[^\s"]*)(?= |$)', line)
    assert [key for key, _ in facts] == ["<6>level", "service", "logger", "event", "fact"]
    assert " ".join(f"{key}={value}" for key, value in facts) == line


@pytest.fixture
def restored() -> Iterator[None]:
    root, room = logging.getLogger(), logging.getLogger("appliance")
    handlers, levels = root.handlers[:], (root.level, room.level)
    yield
    for handler in root.handlers[:]:
        if handler not in handlers:
            root.removeHandler(handler)
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    room.setLevel(levels[1])
    logging.captureWarnings(capture=False)


@pytest.mark.usefixtures("restored")
def test_a_process_logs_its_own_events_and_others_warnings() -> None:
    stream = io.StringIO()
    log.configure("albums", stream)
    logging.getLogger("appliance.albums").info("ours")
    logging.getLogger("other").info("quiet")
    logging.getLogger("other").warning("loud")
    assert [line.split()[-1] for line in stream.getvalue().splitlines()] == [
        "event=ours",
        "event=loud",
    ]


@pytest.mark.usefixtures("restored")
def test_the_journals_stream_is_known_by_its_inode(tmp_path: Path) -> None:
    with (tmp_path / "pipe").open("w") as stream:
        status = os.fstat(stream.fileno())
        log.configure("x", stream, {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
        logging.getLogger("appliance").warning("warned")
    assert (tmp_path / "pipe").read_text().startswith("<4>level=warning")
