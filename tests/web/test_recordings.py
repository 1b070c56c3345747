"""The training log on the page: what voice keeps is shown, heard and deleted."""

import pytest

from appliance.bus.errors import Offline
from appliance.bus.messages.base import Message
from appliance.bus.messages.training import DeleteRecordings, TrainingState
from appliance.voice import queries
from appliance.web.views.recordings import PAGE
from tests.web.conftest import Browser, Page
from tests.web.voice_neighbour import record


def switch(page: Page, *, enabled: bool) -> None:
    state = TrainingState(enabled=enabled, recordings=0, size_bytes=0)
    Browser.loop.run(page.parts.conversation.take_training(state, "voice"))


@pytest.fixture
def identifier(empty_page: Page) -> str:
    """The id of a recording."""
    return record(empty_page.parts.paths.voice, 7)


def test_without_recordings_the_page_says_that_nothing_is_kept(empty_page: Page) -> None:
    switch(empty_page, enabled=False)
    text = empty_page.browser.get("/voice/recordings").text
    assert "Nothing that was said is kept on this box." in text
    assert "The training log is off" in text
    assert "Delete all" not in text


def test_while_it_is_recorded_the_page_says_so(empty_page: Page) -> None:
    switch(empty_page, enabled=True)
    assert "The training log is on" in empty_page.browser.get("/voice/recordings").text


def test_before_voice_said_so_nothing_is_claimed(empty_page: Page) -> None:
    assert "is not known right now" in empty_page.browser.get("/voice/recordings").text


def test_a_recording_is_listed_with_what_was_understood(empty_page: Page, identifier: str) -> None:
    text = empty_page.browser.get("/voice/recordings").text
    for part in ("“turn on the kitchen lamp”", "Done: Kitchen lamp on.", "1.0 s", "1 recording",
                 f'src="/voice/recordings/{identifier}/sound"'):  # fmt: skip
        assert part in text


def test_many_recordings_are_shown_page_by_page(empty_page: Page) -> None:
    for number in range(1, PAGE + 4):
        record(empty_page.parts.paths.voice, number, text=f"command {number}.")
    first = empty_page.browser.get("/voice/recordings").text
    assert first.count("<audio") == PAGE
    assert "command 3." not in first
    last = empty_page.browser.get("/voice/recordings?before=00000004-00000004").text
    assert last.count("<audio") == 3
    assert last.index("command 3.") < last.index("command 1.")


def test_a_recording_is_sound_that_browsers_do_not_keep(empty_page: Page, identifier: str) -> None:
    answer = empty_page.browser.get(f"/voice/recordings/{identifier}/sound")
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["cache-control"] == "no-store"
    assert "content-encoding" not in answer.headers
    assert answer.content[:4] == b"RIFF"


def test_a_player_may_ask_for_a_part(empty_page: Page, identifier: str) -> None:
    whole = empty_page.browser.get(f"/voice/recordings/{identifier}/sound").content
    part = empty_page.browser.get(
        f"/voice/recordings/{identifier}/sound", headers={"Range": "bytes=100-199"}
    )
    assert part.status_code == 206
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole)}"
    assert part.content == whole[100:200]


def test_the_page_may_play_its_own_sound_and_no_other(empty_page: Page) -> None:
    policy = empty_page.browser.get("/voice/recordings").headers["content-security-policy"]
    assert "media-src 'self' blob:;" in policy


@pytest.mark.parametrize("view", ["sound", "delete"])
@pytest.mark.parametrize(
    "wanted", ["00000009-00000009", "..%2f..%2fsecret", "0", "00000007-00000007.wav"]
)
def test_what_is_no_recording_is_not_found(
    empty_page: Page, identifier: str, wanted: str, view: str
) -> None:
    assert empty_page.browser.get(f"/voice/recordings/{wanted}/{view}").status_code == 404


@pytest.mark.parametrize(
    ("path", "message", "sentence"),
    [
        ("/voice/recordings/{}/delete", ["00000007-00000007"], "The recording is deleted."),
        ("/voice/recordings/delete", None, "All recordings are deleted."),
    ],
)
def test_deleting_is_asked_for_once_and_is_voices_to_do(
    empty_page: Page, identifier: str, path: str, message: list[str] | None, sentence: str
) -> None:
    path = path.format(identifier)
    asked = empty_page.browser.get(path).text
    assert "This cannot be undone." in asked
    assert f'action="{path}"' in asked
    expected: list[Message] = [DeleteRecordings(ids=message)]
    assert empty_page.messenger.asked == []
    assert empty_page.browser.post(path).headers["location"] == "/voice/recordings"
    assert empty_page.messenger.asked == expected
    assert sentence in empty_page.browser.get("/voice/recordings").text


def test_what_could_not_be_deleted_is_said(empty_page: Page, identifier: str) -> None:
    empty_page.messenger.answer = Offline("no broker")
    empty_page.browser.post("/voice/recordings/delete")
    text = empty_page.browser.get("/voice/recordings").text
    assert "Voice is not there right now, so nothing was changed." in text
    assert identifier in text


def test_nothing_to_delete_is_not_asked_about(empty_page: Page) -> None:
    answer = empty_page.browser.get("/voice/recordings/delete")
    assert (answer.status_code, answer.headers["location"]) == (303, "/voice/recordings")


def test_without_the_password_nobody_listens(empty_page: Page, identifier: str) -> None:
    empty_page.parts.password.set("correct horse")
    stranger = empty_page.stranger()
    for path in ("/voice/recordings", f"/voice/recordings/{identifier}/sound"):
        assert stranger.get(path).headers["location"] == f"/login?next={path}"
    assert stranger.post("/voice/recordings/delete").status_code == 401


def test_another_website_deletes_nothing(empty_page: Page, identifier: str) -> None:
    answer = empty_page.browser.post(
        "/voice/recordings/delete", headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403
    assert empty_page.messenger.asked == []


def test_what_others_called_their_devices_changes_nothing_around_it(empty_page: Page) -> None:
    record(empty_page.parts.paths.voice, 1, text="<script>alert(1)</script>\u202e", at="no time")
    text = empty_page.browser.get("/voice/recordings").text
    assert "<script>alert" not in text
    assert "\u202e" not in text


def test_a_damaged_recording_is_passed_over(empty_page: Page, identifier: str) -> None:
    other = record(empty_page.parts.paths.voice, 8)
    (empty_page.parts.paths.voice / queries.FOLDER / f"{other}.json").write_text("{")
    text = empty_page.browser.get("/voice/recordings").text
    assert identifier in text
    assert other not in text
