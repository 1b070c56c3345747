"""Cameras on the page: how each one is, its day, what it saw, what it has learned."""

import datetime as dt
import re
import sqlite3

import pytest

from appliance.bus.errors import NoAnswer, Offline, Refused
from appliance.bus.messages.base import Failure
from appliance.bus.messages.camera import ArmCamera, SnapshotTaken, TakeSnapshot
from appliance.bus.messages.service import Availability, Health, Reason
from appliance.camera import queries
from appliance.web.views.camera import PAGE
from appliance.web.views.learned import learned, level
from tests.web.camera_neighbour import (
    CAMERAS,
    RUNNER,
    Odd,
    add,
    journal_of,
    many,
    move_in,
    state,
    write_learned,
)
from tests.web.conftest import Browser, Page, make_page

NOW_MS = round(dt.datetime(2026, 11, 23, 17, 30, tzinfo=dt.UTC).timestamp() * 1000)
"""As `conftest.SetClock` stands."""


@pytest.fixture
def cameras(empty_page: Page) -> Page:
    """The page of a household with three cameras, before anything was heard of them."""
    move_in(empty_page.parts.paths, NOW_MS, pictures=False)
    return empty_page


def tell(page: Page, key: str = "front_door", **facts: object) -> None:
    """As the bus would."""
    Browser.loop.run(page.parts.cameras.take_state(state(key, **facts), "camera"))


def card(page: Page, key: str = "front_door") -> str:
    text = page.browser.get("/cameras").text
    found = re.search(rf'id="camera-{key}".*?</form>', text, re.DOTALL)
    assert found
    return found[0]


def test_without_cameras_the_page_says_how_one_is_set_up(empty_page: Page) -> None:
    text = empty_page.browser.get("/cameras").text
    for part in ("No cameras yet", 'href="/settings#camera"', "[[cameras]]", "RTSP", "video file"):
        assert part in text


def test_every_camera_has_a_card_with_what_it_saw_last(cameras: Page) -> None:
    text = cameras.browser.get("/cameras").text
    for name in CAMERAS.values():
        assert f">{name}</h2>" in text
    assert RUNNER.sentence in card(cameras)
    assert "A vehicle where only people pass." not in card(cameras)


@pytest.mark.parametrize(
    ("facts", "words", "condition"),
    [
        ({}, "Watching", "good"),
        ({"armed": False}, "Not watching", "idle"),
        ({"online": False}, "Not there", "bad"),
        ({"online": False, "problem": "Front door gives no pictures: it is off."},
         "Front door gives no pictures: it is off.", "bad"),
        ({"problem": "It shows the same picture all the time."},
         "It shows the same picture all the time.", "warn"),
        ({"anomaly": True, "sentence": "A car on the lawn."}, "A car on the lawn.", "warn"),
    ],
)  # fmt: skip
def test_how_a_camera_is_stands_on_its_card_in_words(
    cameras: Page, facts: dict[str, object], words: str, condition: str
) -> None:
    tell(cameras, "front_door", **facts)
    for text in (card(cameras), cameras.browser.get("/cameras/front_door").text):
        assert words in text
        assert f'class="state {condition}"' in text


def test_a_camera_that_went_says_since_when(cameras: Page) -> None:
    tell(cameras)
    tell(cameras, online=False)
    since = dt.datetime.fromtimestamp(NOW_MS / 1000).astimezone()
    assert f"Not there since Today, {since:%H:%M}" in card(cameras)
    tell(cameras)
    assert "since" not in card(cameras)


def test_before_a_camera_was_heard_of_nothing_is_claimed(cameras: Page) -> None:
    assert "Not known yet" in card(cameras)
    assert "disabled" in card(cameras)


def test_a_room_that_is_away_is_said_with_its_mend(cameras: Page) -> None:
    tell(cameras)
    cameras.parts.status._services["camera"].availability = Availability.OFFLINE
    text = cameras.browser.get("/cameras").text
    assert "so nothing is recorded" in text
    assert "appliance restart camera" in text
    assert "data-live" not in text


def test_what_is_wrong_comes_with_its_mend(cameras: Page) -> None:
    tell(cameras, online=False)
    reason = Reason(
        rule="camera_stream", message="Front door gives no pictures.", mend="plug it in"
    )
    health = Health(
        state="degraded", reasons=[reason], pid=1, software="0", pss_mb=1, started_at=""
    )
    Browser.loop.run(cameras.parts.status.take_health(health, "camera"))
    for path in ("/cameras", "/cameras/front_door"):
        assert "plug it in" in cameras.browser.get(path).text
    assert "plug it in" not in cameras.browser.get("/cameras/garden").text


@pytest.mark.parametrize("armed", [True, False])
def test_watching_is_switched_by_one_question(cameras: Page, armed: bool) -> None:
    answer = cameras.browser.post(
        "/cameras/front_door/armed", data={"armed": "yes" if armed else "no"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/cameras")
    assert cameras.messenger.asked == [ArmCamera(camera="front_door", armed=armed)]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Offline("no broker"), "Cameras is not there right now"),
        (NoAnswer("camera/armed/set", "camera", 5.0), "Cameras did not answer in time"),
        (Refused("camera/armed/set", Failure(code="x", message="The disk refused.")), "The disk"),
    ],
)
def test_what_could_not_be_switched_is_said(cameras: Page, error: Exception, sentence: str) -> None:
    cameras.messenger.answer = error
    cameras.browser.post("/cameras/front_door/armed", data={"armed": "no"})
    assert sentence in cameras.browser.get("/cameras").text


def test_the_picture_of_now_is_taken_when_somebody_looks(cameras: Page) -> None:
    folder = cameras.parts.paths.camera_pictures
    folder.mkdir(parents=True)
    (folder / "front_door.jpg").write_bytes(b"\xff\xd8picture")
    cameras.messenger.answer = SnapshotTaken(file="front_door.jpg")
    tell(cameras)
    answer = cameras.browser.get("/cameras/front_door/picture")
    assert answer.content == b"\xff\xd8picture"
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "no-store"
    assert cameras.messenger.asked == [TakeSnapshot(camera="front_door")]


def test_all_who_look_at_the_same_time_share_a_picture(cameras: Page) -> None:
    cameras.parts.paths.camera_pictures.mkdir(parents=True)
    (cameras.parts.paths.camera_pictures / "front_door.jpg").write_bytes(b"\xff\xd8")
    cameras.messenger.answer = SnapshotTaken(file="front_door.jpg")
    tell(cameras)
    for _ in range(3):
        cameras.browser.get("/cameras/front_door/picture")
    assert len(cameras.messenger.asked) == 1
    cameras.clock.seconds += 1
    cameras.browser.get("/cameras/front_door/picture")
    assert len(cameras.messenger.asked) == 2


def test_a_camera_that_is_not_there_shows_what_it_showed_last_and_is_not_asked(
    cameras: Page,
) -> None:
    tell(cameras, online=False)
    assert cameras.browser.get("/cameras/front_door/picture").status_code == 404
    assert "/cameras/front_door/picture" not in card(cameras)
    cameras.parts.paths.camera_pictures.mkdir(parents=True)
    (cameras.parts.paths.camera_pictures / "front_door.jpg").write_bytes(b"\xff\xd8last")
    assert cameras.browser.get("/cameras/front_door/picture").content == b"\xff\xd8last"
    assert "showed last" in card(cameras)
    assert cameras.messenger.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        NoAnswer("camera/snapshot", "camera", 3.0),
        Refused("camera/snapshot", Failure(code="away", message="No pictures now.")),
        SnapshotTaken(file="../config/appliance.toml"),
    ],
)
def test_a_picture_that_does_not_come_can_be_asked_for_again(cameras: Page, answer: object) -> None:
    cameras.parts.paths.settings_file.write_text("[bus]\n")
    cameras.messenger.answer = answer  # type: ignore[assignment]
    tell(cameras)
    for asked in (1, 2):
        found = cameras.browser.get("/cameras/front_door/picture")
        assert (found.status_code, found.headers["retry-after"]) == (503, "2")
        cameras.clock.seconds += 1
        assert len(cameras.messenger.asked) == asked


@pytest.mark.parametrize("path", ["/cameras/cellar", "/cameras/cellar/picture", "/cameras/..%2f.."])
def test_a_camera_that_is_not_set_up_is_not_found(cameras: Page, path: str) -> None:
    assert cameras.browser.get(path).status_code == 404


def test_a_day_is_drawn_with_its_events(cameras: Page) -> None:
    text = cameras.browser.get("/cameras/front_door").text
    assert ">Today</h2>" in text
    assert text.count("data-minute=") == 2
    assert re.search(r'<path d="M\d+\.5 100v-\d+', text)
    assert "2 events." in text
    yesterday = cameras.browser.get("/cameras/front_door?day=2026-11-22").text
    assert ">Yesterday</h2>" in yesterday
    assert "An animal moves where nothing ever moves." in yesterday
    assert RUNNER.sentence not in yesterday


def test_events_are_shown_the_newest_first_under_their_days(cameras: Page) -> None:
    text = cameras.browser.get("/cameras/front_door").text
    said = ["faster than", "A vehicle where", "An animal moves", "wanted to be told"]
    places = [text.rindex(part) for part in said]
    assert places == sorted(places)
    assert "Something was left here" not in text


@pytest.mark.parametrize(
    ("query", "seen", "unseen"),
    [
        ("kind=vehicle", "A vehicle where", "faster than"),
        ("cause=speed", "faster than", "A vehicle where"),
        ("kind=person&cause=told", "wanted to be told", "faster than"),
    ],
)
def test_events_are_filtered(cameras: Page, query: str, seen: str, unseen: str) -> None:
    text = cameras.browser.get(f"/cameras/front_door?{query}").text
    listed = text[text.index('id="events"') :]
    assert seen in listed
    assert unseen not in listed


@pytest.mark.parametrize("query", ["kind=bicycle", "day=2026-10-01", "cause=size&kind=animal"])
def test_a_filter_that_nothing_fits_says_so_and_how_to_see_all(cameras: Page, query: str) -> None:
    text = cameras.browser.get(f"/cameras/front_door?{query}").text
    assert "Nothing of that kind" in text
    assert "Show all" in text


@pytest.mark.parametrize(
    "query", ["kind=<b>", "day=yesterday", "day=0001-01-01", "day=9999-12-31", "before=x",
              "before=99999999999999999999999", "cause=%00"],
)  # fmt: skip
def test_what_is_no_filter_is_passed_over(cameras: Page, query: str) -> None:
    answer = cameras.browser.get(f"/cameras/front_door?{query}")
    assert answer.status_code == 200
    assert RUNNER.sentence in answer.text


def test_many_events_are_shown_page_by_page(cameras: Page) -> None:
    many(cameras.parts.paths.camera, 2 * PAGE, NOW_MS)
    first = cameras.browser.get("/cameras/front_door").text
    assert first.count('class="sighting') - first.count('class="sightings') == PAGE
    older = re.search(r'href="(/cameras/front_door\?before=\d+)"', first)
    assert older
    second = cameras.browser.get(older[1]).text
    assert "Thing 59." in first
    assert "Thing 0." not in first
    assert "Thing 0." in second
    third = re.search(r'href="(/cameras/front_door\?before=\d+)"', second)
    assert third
    assert RUNNER.sentence in cameras.browser.get(third[1]).text


def test_nothing_unusual_is_said_to_be_so(empty_page: Page) -> None:
    with journal_of(empty_page.parts.paths.camera) as journal:
        journal.replace_cameras(CAMERAS)
    assert "Nothing unusual" in empty_page.browser.get("/cameras/garden").text
    assert "Nothing unusual so far" in card(empty_page, "garden")
    assert "Nothing yet." in empty_page.browser.get("/cameras/garden").text


def test_what_it_has_learned_is_drawn_and_said(cameras: Page) -> None:
    text = cameras.browser.get("/cameras/front_door").text
    assert "Most goes on in the middle." in text
    assert re.search(r"In \d+ % of the picture nothing ever moves", text)
    assert re.search(r"takes [\d.]+ s or more to cross the whole picture", text)
    assert text.count("<circle") > 100
    assert 'class="level-' in text


@pytest.mark.parametrize(
    "arrays",
    [
        {}, [], {"presence": [[1]]}, {"presence": [[1]], "speed": [[1, 2]]},
        {"presence": [[0]], "speed": [[0]]}, {"presence": [["a"]], "speed": [[1]]},
        {"presence": [[1], [1, 2]], "speed": [[1]]}, {"presence": "x", "speed": 7},
        {"presence": [[1] * 5000], "speed": [[1] * 5000]},
    ],
)  # fmt: skip
def test_what_was_learned_otherwise_is_not_drawn(cameras: Page, arrays: object) -> None:
    write_learned(cameras.parts.paths.camera, "front_door", arrays)
    answer = cameras.browser.get("/cameras/front_door")
    assert answer.status_code == 200
    assert "Nothing yet." in answer.text


def test_a_place_where_nothing_moves_has_no_speed(cameras: Page) -> None:
    found = learned(cameras.parts.texts, {"presence": [[4, 0]], "speed": [[0.5, 2.0]]})
    assert found is not None
    assert len(found.presence) == len(found.speed) == 1


def test_speeds_are_told_by_how_long_it_takes_to_cross_the_picture() -> None:
    assert [level(16 / 9 / seconds) for seconds in (30, 15, 7, 4, 1)] == [0, 1, 2, 3, 4]


def test_home_says_what_was_unusual_today(cameras: Page) -> None:
    tell(cameras)
    text = cameras.browser.get("/").text
    assert RUNNER.sentence in text
    assert "Watching" in text


def test_home_says_that_nothing_was_unusual(empty_page: Page) -> None:
    with journal_of(empty_page.parts.paths.camera) as journal:
        journal.replace_cameras(CAMERAS)
        add(journal, empty_page.parts.paths.camera, NOW_MS,
            Odd("garden", 5, "person", "speed", "Fast.", verdict="normal"))  # fmt: skip
    assert "Nothing unusual today" in empty_page.browser.get("/").text


def test_home_says_nothing_of_cameras_where_there_are_none(empty_page: Page) -> None:
    assert 'id="camera-card"' not in empty_page.browser.get("/").text


@pytest.mark.parametrize("path", ["/cameras", "/cameras/front_door"])
def test_without_the_password_nobody_looks(cameras: Page, path: str) -> None:
    cameras.parts.password.set("correct horse")
    stranger = cameras.stranger()
    assert stranger.get(path).headers["location"] == f"/login?next={path}"
    picture = stranger.get("/cameras/front_door/picture", headers={"HX-Request": "true"})
    assert picture.status_code == 401
    assert stranger.post("/cameras/front_door/armed").status_code == 401


def test_another_website_switches_nothing(cameras: Page) -> None:
    answer = cameras.browser.post(
        "/cameras/front_door/armed", headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403
    assert cameras.messenger.asked == []


HOSTILE = "<script>alert(1)</script>\u202e"


def test_what_others_wrote_changes_nothing_around_it(cameras: Page) -> None:
    with journal_of(cameras.parts.paths.camera) as journal:
        journal.replace_cameras({"front_door": HOSTILE})
        add(journal, cameras.parts.paths.camera, NOW_MS,
            Odd("front_door", 1, "person", "speed", HOSTILE, who=HOSTILE))  # fmt: skip
    tell(cameras, name=HOSTILE, online=False, problem=HOSTILE)
    for path in ("/", "/cameras", "/cameras/front_door"):
        text = cameras.browser.get(path).text
        assert "<script>alert" not in text
        assert "\u202e" not in text


def test_passwords_of_addresses_never_reach_the_page(cameras: Page) -> None:
    address = "rtsp://admin:s3cret@192.168.1.20/main"
    with journal_of(cameras.parts.paths.camera) as journal:
        add(journal, cameras.parts.paths.camera, NOW_MS,
            Odd("front_door", 1, "other", "place", f"Lost {address} again."))  # fmt: skip
    tell(cameras, online=False, problem=f"Cannot open {address}: refused.")
    reason = Reason(rule="camera_stream", message=f"Front door: {address}.", mend=f"try {address}")
    health = Health(
        state="degraded", reasons=[reason], pid=1, software="0", pss_mb=1, started_at=""
    )
    Browser.loop.run(cameras.parts.status.take_health(health, "camera"))
    for path in ("/", "/cameras", "/cameras/front_door", "/health"):
        assert "s3cret" not in cameras.browser.get(path).text


def test_events_of_a_newer_version_are_said_to_be_unreadable(cameras: Page) -> None:
    path = cameras.parts.paths.camera / queries.DATABASE
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    answer = cameras.browser.get("/cameras")
    assert answer.status_code == 503
    assert "What cameras saw cannot be read right now" in answer.text
    assert cameras.browser.get("/").status_code == 200


def test_a_damaged_list_of_events_comes_with_its_mend(cameras: Page) -> None:
    path = cameras.parts.paths.camera / queries.DATABASE
    path.write_bytes(b"no database" * 1000)
    answer = cameras.browser.get("/cameras/front_door")
    assert answer.status_code == 503
    assert "appliance restart camera" in answer.text


@pytest.mark.parametrize("path", ["/cameras", "/cameras/front_door"])
def test_every_view_is_whole(cameras: Page, path: str) -> None:
    text = cameras.browser.get(path).text
    assert text.count("<h1") == 1
    assert "<main" in text


def test_the_view_is_whole_before_anything_has_ever_run(page: Page) -> None:
    assert make_page(page.parts.paths).browser.get("/cameras").status_code == 200
