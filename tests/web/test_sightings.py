"""One event on the page: its picture and film, its reason, the household's word on it."""

import base64
import datetime as dt
from dataclasses import dataclass, replace

import pytest

from appliance.bus.errors import Offline, Refused
from appliance.bus.messages.base import Done, Failure
from appliance.bus.messages.camera import JudgeEvent
from appliance.camera import queries
from tests.web.camera_neighbour import CAMERAS, RUNNER, Odd, add, journal_of
from tests.web.conftest import Page, make_page
from tests.web.household import Household

NOW_MS = round(dt.datetime(2026, 11, 23, 17, 30, tzinfo=dt.UTC).timestamp() * 1000)
FILM = bytes(range(256)) * 40


@dataclass
class Seen:
    """The page of a household in which something was seen."""

    page: Page
    id: str

    @property
    def path(self) -> str:
        return f"/cameras/front_door/events/{self.id}"

    def write(self, odd: Odd = RUNNER, *, is_open: bool = False) -> str:
        with journal_of(self.page.parts.paths.camera) as journal:
            return add(journal, self.page.parts.paths.camera, NOW_MS, odd, is_open=is_open)

    def give(self, *, snapshot: bytes = b"", clip: bytes = b"") -> None:
        folder = self.page.parts.paths.camera
        with journal_of(folder) as journal:
            if snapshot:
                (folder / "snapshots").mkdir(exist_ok=True)
                (folder / "snapshots/one.jpg").write_bytes(snapshot)
                journal.set_snapshot(self.id, "snapshots/one.jpg")
            if clip:
                (folder / "clips").mkdir(exist_ok=True)
                (folder / "clips/one.mp4").write_bytes(clip)
                journal.set_clip(self.id, "clips/one.mp4")

    def judge(self, verdict: str) -> None:
        with journal_of(self.page.parts.paths.camera) as journal:
            journal.set_verdict(self.id, verdict, [1])


@pytest.fixture
def seen(empty_page: Page) -> Seen:
    with journal_of(empty_page.parts.paths.camera) as journal:
        journal.replace_cameras(CAMERAS)
    found = Seen(empty_page, "")
    found.id = found.write()
    return found


def test_an_event_says_what_where_when_and_why(seen: Seen) -> None:
    text = seen.page.browser.get(seen.path).text
    begun = dt.datetime.fromtimestamp(NOW_MS / 1000 - 42 * 60).astimezone()
    for part in (RUNNER.sentence, "Front door", f"Today, {begun:%H:%M}", "A person", "Too fast",
                 "9 s", "0.86 (0.5 is just unusual"):  # fmt: skip
        assert part in text


def test_the_score_is_folded_in(seen: Seen) -> None:
    text = seen.page.browser.get(seen.path).text
    assert text.index("<details>") < text.index("0.86")


def test_who_it_was_is_said_by_the_name_in_the_albums(household: Household) -> None:
    page = make_page(household.paths)
    seen = Seen(page, "")
    with journal_of(page.parts.paths.camera) as journal:
        journal.replace_cameras(CAMERAS)
    seen.id = seen.write(replace(RUNNER, who=f"{queries.PERSON}{household.people['Ada']}"))
    for path in (seen.path, "/cameras/front_door", "/cameras"):
        assert ">Ada<" in page.browser.get(path).text


@pytest.mark.parametrize(
    ("who", "said"), [(f"{queries.PERSON}7", True), (f"{queries.PERSON}x", False), ("", False)]
)
def test_who_has_no_name_is_not_named(seen: Seen, who: str, said: bool) -> None:
    with journal_of(seen.page.parts.paths.camera) as journal:
        journal.set_who(seen.id, who)
    text = seen.page.browser.get(seen.path).text
    assert ("<dt>Who</dt>" in text) is said
    assert (seen.page.parts.texts("camera.known") in text) is said
    assert queries.PERSON not in text


def test_a_stranger_is_said_to_be_one(seen: Seen) -> None:
    with journal_of(seen.page.parts.paths.camera) as journal:
        journal.set_who(seen.id, queries.NOBODY)
    text = seen.page.browser.get(seen.path).text
    assert "Somebody the photo albums do not know" in text


def test_an_event_leads_to_its_neighbours_before_the_same_camera(seen: Seen) -> None:
    garden = Odd("garden", 30, "animal", "place", "A fox.")
    seen.write(garden)
    newer = seen.write(Odd("front_door", 20, "person", "stay", "Stands."))
    text = seen.page.browser.get(seen.path).text
    assert f'id="newer" href="/cameras/front_door/events/{newer}"' in text
    assert 'id="older"' not in text
    back = seen.page.browser.get(f"/cameras/front_door/events/{newer}").text
    assert f'id="older" href="{seen.path}"' in back
    assert 'id="newer"' not in back


def test_the_snapshot_is_a_picture_that_is_asked_for_again(seen: Seen) -> None:
    seen.give(snapshot=b"\xff\xd8one")
    answer = seen.page.browser.get(f"{seen.path}/snapshot")
    assert (answer.content, answer.headers["content-type"]) == (b"\xff\xd8one", "image/jpeg")
    assert answer.headers["cache-control"] == "private, no-cache"
    known = {"If-None-Match": answer.headers["etag"]}
    assert seen.page.browser.get(f"{seen.path}/snapshot", headers=known).status_code == 304
    seen.give(snapshot=b"\xff\xd8two")
    assert seen.page.browser.get(f"{seen.path}/snapshot", headers=known).content == b"\xff\xd8two"


def test_the_film_is_played_in_parts(seen: Seen) -> None:
    seen.give(snapshot=b"\xff\xd8", clip=FILM)
    text = seen.page.browser.get(seen.path).text
    assert f'src="{seen.path}/clip"' in text
    assert f'poster="{seen.path}/snapshot"' in text
    whole = seen.page.browser.get(f"{seen.path}/clip")
    assert (whole.content, whole.headers["content-type"]) == (FILM, "video/mp4")
    assert whole.headers["accept-ranges"] == "bytes"
    assert "content-encoding" not in whole.headers
    part = seen.page.browser.get(f"{seen.path}/clip", headers={"Range": "bytes=1000-1099"})
    assert part.status_code == 206
    assert part.headers["content-range"] == f"bytes 1000-1099/{len(FILM)}"
    assert part.content == FILM[1000:1100]
    beyond = seen.page.browser.get(f"{seen.path}/clip", headers={"Range": "bytes=99999-"})
    assert beyond.status_code == 416


def test_the_film_can_be_saved(seen: Seen) -> None:
    seen.give(clip=FILM)
    answer = seen.page.browser.get(f"{seen.path}/clip?save")
    assert answer.headers["content-disposition"].startswith("attachment;")


def test_while_it_goes_on_the_film_is_said_to_come(seen: Seen) -> None:
    identifier = seen.write(Odd("front_door", 0.1, "person", "stay", "Stands."), is_open=True)
    text = seen.page.browser.get(f"/cameras/front_door/events/{identifier}").text
    assert "The film comes when it is over." in text
    assert ">Now</span>" in text
    assert 'hx-trigger="sighting from:body' in text


def test_an_event_of_which_nothing_was_kept_says_so(seen: Seen) -> None:
    text = seen.page.browser.get(seen.path).text
    assert "There is no picture of it." in text
    assert "There is no film of it" in text
    for part in ("snapshot", "clip"):
        assert seen.page.browser.get(f"{seen.path}/{part}").status_code == 404


@pytest.mark.parametrize("part", ["snapshot", "clip"])
def test_what_was_deleted_meanwhile_is_not_found(seen: Seen, part: str) -> None:
    seen.give(snapshot=b"\xff\xd8", clip=FILM)
    for file in seen.page.parts.paths.camera.rglob("one.*"):
        file.unlink()
    assert seen.page.browser.get(f"{seen.path}/{part}").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/cameras/front_door/events/0", "/cameras/front_door/events/..%2f..%2fsecret",
     "/cameras/garden/events/{}", "/cameras/front_door/events/%00"],
)  # fmt: skip
@pytest.mark.parametrize("part", ["", "/snapshot", "/clip"])
def test_what_is_no_event_of_that_camera_is_not_found(seen: Seen, path: str, part: str) -> None:
    seen.give(snapshot=b"\xff\xd8", clip=FILM)
    answer = seen.page.browser.get(path.format(seen.id) + part)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [("normal", "Noted: this is normal here."), ("always", "Noted: you are told always.")],
)
def test_a_word_on_it_is_one_question_that_can_be_taken_back(
    seen: Seen, verdict: str, sentence: str
) -> None:
    seen.page.messenger.answer = Done()
    answer = seen.page.browser.post(f"{seen.path}/judgement", data={"verdict": verdict})
    assert (answer.status_code, answer.headers["location"]) == (303, seen.path)
    assert seen.page.messenger.asked == [JudgeEvent(id=seen.id, verdict=verdict)]  # type: ignore[arg-type]
    seen.judge(verdict)
    text = seen.page.browser.get(seen.path).text
    assert sentence in text
    assert text.count(f'action="{seen.path}/judgement/undo"') == 2  # in the toast, and below
    answer = seen.page.browser.post(f"{seen.path}/judgement/undo")
    assert answer.headers["location"] == seen.path
    assert seen.page.messenger.asked[-1] == JudgeEvent(id=seen.id, verdict="none")
    assert "Undone." in seen.page.browser.get(seen.path).text


@pytest.mark.parametrize("verdict", ["", "none", "perhaps", "x" * 300])
def test_what_is_no_word_on_it_is_not_passed_on(seen: Seen, verdict: str) -> None:
    answer = seen.page.browser.post(f"{seen.path}/judgement", data={"verdict": verdict})
    assert answer.status_code == 400
    assert seen.page.messenger.asked == []


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Offline("no broker"), "Cameras is not there right now, so nothing was changed."),
        (Refused("camera/judge", Failure(code="no_place", message="It is not known where.")),
         "It is not known where."),
    ],
)  # fmt: skip
def test_a_word_that_was_not_taken_is_said_and_has_no_undo(
    seen: Seen, error: Exception, sentence: str
) -> None:
    seen.page.messenger.answer = error
    seen.page.browser.post(f"{seen.path}/judgement", data={"verdict": "normal"})
    text = seen.page.browser.get(seen.path).text
    assert sentence in text
    assert "/judgement/undo" not in text


def test_without_the_password_nobody_sees_or_judges(seen: Seen) -> None:
    seen.give(snapshot=b"\xff\xd8", clip=FILM)
    seen.page.parts.password.set("correct horse")
    stranger = seen.page.stranger()
    for part in ("", "/snapshot", "/clip"):
        answer = stranger.get(f"{seen.path}{part}")
        assert (answer.status_code, answer.headers["location"][:6]) == (303, "/login")
    assert stranger.post(f"{seen.path}/judgement", data={"verdict": "normal"}).status_code == 401


def test_another_website_judges_nothing(seen: Seen) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    for path in (f"{seen.path}/judgement", f"{seen.path}/judgement/undo"):
        answer = seen.page.browser.post(path, data={"verdict": "normal"}, headers=headers)
        assert answer.status_code == 403
    assert seen.page.messenger.asked == []


def test_sentences_of_others_change_nothing_around_them(seen: Seen) -> None:
    hostile = "<script>alert(1)</script>\u202e rtsp://admin:s3cret@10.0.0.2/"
    identifier = seen.write(Odd("front_door", 1, "person", "speed", hostile, who=hostile[:26]))
    text = seen.page.browser.get(f"/cameras/front_door/events/{identifier}").text
    for part in ("<script>alert", "\u202e", "s3cret"):
        assert part not in text


def test_a_cookie_of_others_leads_nowhere_else(seen: Seen) -> None:
    for back in ("//evil.example/x", "https://evil.example", "/\\evil"):
        value = base64.urlsafe_b64encode(f'{{"text":"x","back":"{back}"}}'.encode()).decode()
        seen.page.browser.cookies.set("appliance_said", value)
        assert "evil" not in seen.page.browser.get(seen.path).text
