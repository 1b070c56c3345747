"""What the household says on the page is asked for on the bus, and its outcome is said."""

from urllib.parse import urlencode

import pytest

from appliance.bus.errors import NoAnswer, Offline, Refused
from appliance.bus.messages.albums import (
    AssignFace,
    DiscardQuarantined,
    ForgetPerson,
    MergePeople,
    NamePerson,
    RemoveFace,
    RetryQuarantined,
    SeparatePeople,
    SetGrouping,
    UndoEntry,
)
from appliance.bus.messages.base import Failure, Message
from tests.web.conftest import Page

CHANGES: tuple[tuple[str, dict[str, str], Message], ...] = (
    ("/people/8/name", {"name": " Gül "}, NamePerson(person=8, name="Gül")),
    ("/people/1/name", {"name": ""}, NamePerson(person=1, name=None)),
    ("/people/1/merge", {"other": "8"}, MergePeople(person=1, other=8)),
    ("/people/1/separate", {"other": "8"}, SeparatePeople(person=1, other=8)),
    ("/people/1/forget", {}, ForgetPerson(person=1)),
    ("/faces/3/remove", {}, RemoveFace(face=3)),
    ("/faces/3/assign", {"name": "Gül"}, AssignFace(face=3, person=None, name="Gül")),
    ("/faces/3/assign", {"name": "ada"}, AssignFace(face=3, person=1)),
    ("/grouping", {"agreed": "yes"}, SetGrouping(agreed=True)),
    ("/grouping", {"agreed": "no"}, SetGrouping(agreed=False)),
    ("/undo", {"entry": "7"}, UndoEntry(entry=7)),
    ("/quarantine/1/retry", {}, RetryQuarantined(item=1)),
    ("/quarantine/1/discard", {}, DiscardQuarantined(item=1)),
)


def name(change: object) -> str:
    return type(change).__name__ if isinstance(change, Message) else ""


@pytest.mark.parametrize(("path", "form", "message"), CHANGES, ids=name)
def test_a_form_becomes_one_question_on_the_bus(
    page: Page, path: str, form: dict[str, str], message: Message
) -> None:
    answer = page.browser.post(path, data=form)
    assert answer.status_code == 303
    assert page.messenger.asked == [message]


def test_the_next_page_says_what_was_done_and_offers_to_undo_it(page: Page) -> None:
    page.browser.post("/people/1/merge", data={"other": "8", "next": "/people"})
    text = page.browser.get("/people").text
    assert "Put together." in text
    assert '<input type="hidden" name="entry" value="7">' in text
    assert "Put together." not in page.browser.get("/people").text


@pytest.mark.parametrize(("path", "form", "message"), CHANGES, ids=name)
def test_a_refusal_is_said_in_its_own_words(
    page: Page, path: str, form: dict[str, str], message: Message
) -> None:
    failure = Failure(code="unknown", message="There is no such <person>.", mend="Look again.")
    page.messenger.answer = Refused("albums/x", failure)
    there = page.browser.post(path, data=form).headers["location"]
    text = page.browser.get(there).text
    assert "There is no such &lt;person&gt;. Look again." in text


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Offline("no broker"), "so nothing was changed"),
        (NoAnswer("albums/x", "albums", 5.0), "did not answer in time"),
    ],
)
def test_a_change_that_cannot_be_made_is_said(page: Page, error: Exception, sentence: str) -> None:
    page.messenger.answer = error
    page.browser.post("/people/8/name", data={"name": "Gül", "next": "/people"})
    assert sentence in page.browser.get("/people").text


def test_a_name_that_somebody_has_is_asked_about_first(page: Page) -> None:
    answer = page.browser.post("/people/8/name", data={"name": "ÁDA"})
    assert answer.headers["location"] == "/people/8/same/1"
    assert page.messenger.asked == []
    assert "Somebody is called Ada already" in page.browser.get("/people/8/same/1").text


def test_two_people_may_have_the_same_name(page: Page) -> None:
    page.browser.post("/people/8/name", data={"name": "Ada", "another": "yes"})
    assert page.messenger.asked == [NamePerson(person=8, name="Ada")]


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/people/1/merge", {}),
        ("/people/1/merge", {"other": "two"}),
        ("/people/1/merge", {"other": "-2"}),
        ("/people/1/merge", {"other": "99999999999999999999"}),
        ("/people/1/merge", {"other": "²"}),
        ("/people/1/name", {"name": "x" * 101}),
        ("/faces/1/assign", {"name": "  "}),
        ("/undo", {"entry": ""}),
    ],
)
def test_a_form_that_makes_no_sense_asks_for_nothing(
    page: Page, path: str, form: dict[str, str]
) -> None:
    assert page.browser.post(path, data=form).status_code == 400
    assert page.messenger.asked == []


@pytest.mark.parametrize(
    "there", ["https://evil.example/", "//evil.example", "/\\evil", "javascript:x"]
)
def test_after_a_change_the_browser_stays_on_this_page(page: Page, there: str) -> None:
    answer = page.browser.post("/undo", data={"entry": "7", "next": there})
    assert answer.headers["location"] == "/activity"


@pytest.mark.parametrize("value", ["", "x", "e30=", urlencode({"a": "b"}), "/w=="])
def test_a_made_up_toast_is_not_said(page: Page, value: str) -> None:
    page.browser.cookies.set("appliance_said", value)
    answer = page.browser.get("/people")
    assert answer.status_code == 200
    assert "data-toast" not in answer.text
