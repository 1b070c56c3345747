"""Voice on the page: how the ear is, what was said, what can be said."""

import itertools

import msgspec
import pytest

from appliance.bus.errors import NoAnswer, Offline, Refused
from appliance.bus.messages.base import Failure, Message
from appliance.bus.messages.listening import EarEvent, ListeningState, OpenEar, SetMuted
from appliance.bus.messages.service import Availability, Health, Reason
from appliance.bus.messages.training import TrainingState
from appliance.bus.messages.voice import CommandEvent, Example, Reply, Say, TimerEvent
from appliance.web.conversation import ANSWER_S, KEPT, OPEN_S
from appliance.web.views.vocabulary import PAGE, alias_line, groups
from tests.web.conftest import Browser, Page, make_page
from tests.web.voice_neighbour import LISTENING, MUTED, TIMINGS, vocabulary

NUMBERS = itertools.count()
DONE = Reply(kind="done", text="Done: Kitchen lamp on.", intent="HassTurnOn")
MICROPHONE = Reason(
    rule="microphone", message="The sound card was pulled out.", mend="plug it in again"
)


def hears(page: Page, state: ListeningState) -> None:
    Browser.loop.run(page.parts.conversation.take_listening(state, "voice"))


def ear(page: Page, what: str) -> None:
    event = EarEvent(event_type=what)  # type: ignore[arg-type]
    Browser.loop.run(page.parts.conversation.take_ear(event, "voice"))


def said(page: Page, **facts: object) -> CommandEvent:
    """Tells the page of a sentence, as the bus would."""
    usual: dict[str, object] = {
        "event_type": "done", "id": f"{next(NUMBERS):08x}", "source": "spoken",
        "text": "turn on the kitchen lamp", "reply": "Done: Kitchen lamp on.",
        "intent": "HassTurnOn", "slots": {"name": "Kitchen lamp"}, "score": -0.12,
        "timings_ms": TIMINGS,
    }  # fmt: skip
    event = CommandEvent(**(usual | facts))  # type: ignore[arg-type]
    Browser.loop.run(page.parts.conversation.take_command(event, "voice"))
    return event


def tell_health(page: Page, *reasons: Reason) -> None:
    health = Health(
        state="degraded", reasons=list(reasons), pid=1, software="0", pss_mb=1, started_at=""
    )
    Browser.loop.run(page.parts.status.take_health(health, "voice"))


def change(state: ListeningState, **facts: object) -> ListeningState:
    return msgspec.structs.replace(state, **facts)


DEAF = change(LISTENING, listening=False)


@pytest.mark.parametrize(
    ("state", "reasons", "sentence"),
    [
        (LISTENING, [], "Listening for “Okay Nabu”"),
        (change(LISTENING, wake_word="hey_robot"), [], "Listening for “Hey robot”"),
        (change(LISTENING, wake_word="none"), [], "Ready to listen"),
        (MUTED, [], "Muted"),
        (change(DEAF, microphone="none"), [], "No microphone: type below"),
        (change(DEAF, microphone="failed"), [], "No microphone: type below"),
        (change(DEAF, microphone="failed"), [MICROPHONE], "The microphone gives no sound"),
        (change(DEAF, microphone="opening"), [], "Getting ready"),
        (DEAF, [], "Getting ready"),
        (change(DEAF, microphone="ended"), [], "The recording has ended"),
        (
            DEAF,
            [msgspec.structs.replace(MICROPHONE, rule="recognition")],
            "Speech is not understood",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_page_says_whether_the_box_listens(
    empty_page: Page, state: ListeningState, reasons: list[Reason], sentence: str
) -> None:
    hears(empty_page, state)
    tell_health(empty_page, *reasons)
    for path in ("/voice", "/"):
        assert sentence in empty_page.browser.get(path).text


def test_a_microphone_that_fails_is_said_with_its_mend(empty_page: Page) -> None:
    hears(empty_page, change(DEAF, microphone="failed"))
    tell_health(empty_page, MICROPHONE)
    text = empty_page.browser.get("/voice").text
    assert "The sound card was pulled out." in text
    assert 'data-copy="plug it in again"' in text


def test_before_anything_was_heard_of_voice_nothing_is_claimed(empty_page: Page) -> None:
    assert "Nothing was heard of voice yet" in empty_page.browser.get("/voice").text


def test_while_voice_is_away_the_page_says_how_to_start_it(empty_page: Page) -> None:
    hears(empty_page, LISTENING)
    take = empty_page.parts.status.take_availability
    Browser.loop.run(take(Availability.OFFLINE, "voice"))
    text = empty_page.browser.get("/voice").text
    assert "Voice is away" in text
    assert "systemctl restart appliance-voice" in text
    assert 'action="/voice/listen"' not in text


def test_while_the_bus_is_away_the_page_does_not_claim_to_listen(empty_page: Page) -> None:
    hears(empty_page, LISTENING)
    empty_page.parts.status.connected = False
    text = empty_page.browser.get("/voice").text
    assert "Voice cannot be reached" in text
    assert "Listening for" not in text


def test_somebody_who_was_heard_is_told_to_speak_until_the_ear_closes(empty_page: Page) -> None:
    hears(empty_page, LISTENING)
    ear(empty_page, "woken")
    assert "Speak now" in empty_page.browser.get("/voice").text
    ear(empty_page, "nothing_said")
    assert "Speak now" not in empty_page.browser.get("/voice").text


def test_an_ear_whose_closing_was_not_heard_closes_by_itself(empty_page: Page) -> None:
    hears(empty_page, LISTENING)
    ear(empty_page, "pushed")
    empty_page.clock.seconds += OPEN_S
    assert "Speak now" not in empty_page.browser.get("/voice").text


def test_what_was_heard_understood_and_done_stands_there_with_its_figures(
    empty_page: Page,
) -> None:
    said(empty_page)
    text = empty_page.browser.get("/voice").text
    for part in ("“turn on the kitchen lamp”", "Done: Kitchen lamp on.", "On, open, lock",
                 "-0.12", "154 ms", "Waited for the end"):  # fmt: skip
        assert part in text


def test_the_newest_stands_first_and_old_ones_are_forgotten(empty_page: Page) -> None:
    for number in range(KEPT + 5):
        said(empty_page, text=f"command {number}.")
    text = empty_page.browser.get("/voice").text
    assert text.index(f"command {KEPT + 4}.") < text.index("command 5.")
    assert "command 4." not in text


def test_a_command_that_comes_twice_is_one(empty_page: Page) -> None:
    said(empty_page, id="00000001", text="again")
    said(empty_page, id="00000001", text="again")
    assert empty_page.browser.get("/voice").text.count("“again”") == 1


def test_speech_that_nothing_could_be_made_of_is_said_as_that(empty_page: Page) -> None:
    said(empty_page, event_type="not_understood", text="", reply="Sorry.", intent="", slots={})
    assert "Something that could not be made out" in empty_page.browser.get("/voice").text


def test_a_timer_that_ended_stands_among_what_was_said(empty_page: Page) -> None:
    event = TimerEvent(event_type="ended", length_s=300, text="The timer of 5 minutes has ended.")
    Browser.loop.run(empty_page.parts.conversation.take_timer(event, "voice"))
    assert event.text in empty_page.browser.get("/voice").text


def test_an_empty_conversation_says_how_long_it_would_be_kept(empty_page: Page) -> None:
    assert "It is kept in memory only" in empty_page.browser.get("/voice").text


def test_home_shows_what_was_done_last(empty_page: Page) -> None:
    said(empty_page, reply="Done: Blind open.")
    said(empty_page, reply="Done: Blind closed.")
    text = empty_page.browser.get("/").text
    assert "Done: Blind closed." in text
    assert "Done: Blind open." not in text


def test_a_question_of_the_box_is_answered_by_a_button(empty_page: Page) -> None:
    said(empty_page, event_type="asked", reply="Shall I unlock Front door?", answers=["yes", "no"])
    text = empty_page.browser.get("/voice").text
    assert 'name="text" value="yes"' in text
    assert ">No</span>" in text


def test_a_choice_has_a_button_for_each(empty_page: Page) -> None:
    said(empty_page, event_type="asked", reply="Which one?", answers=["Kitchen", "the second one"])
    text = empty_page.browser.get("/voice").text
    assert 'name="text" value="Kitchen"' in text
    assert ">The second one</span>" in text


def test_a_question_is_open_as_long_as_voice_waits(empty_page: Page) -> None:
    said(empty_page, event_type="asked", reply="Shall I unlock Front door?", answers=["yes", "no"])
    empty_page.clock.seconds += ANSWER_S
    assert 'value="yes"' not in empty_page.browser.get("/voice").text


def test_a_question_that_was_followed_by_another_sentence_is_over(empty_page: Page) -> None:
    said(empty_page, event_type="asked", reply="Shall I unlock Front door?", answers=["yes", "no"])
    said(empty_page)
    assert 'value="yes"' not in empty_page.browser.get("/voice").text


@pytest.mark.parametrize(
    ("path", "form", "message"),
    [
        ("/voice/say", {"text": " turn on the lamp "}, Say(text="turn on the lamp")),
        ("/voice/mute", {"muted": "yes"}, SetMuted(muted=True)),
        ("/voice/mute", {"muted": "no"}, SetMuted(muted=False)),
        ("/voice/listen", {}, OpenEar()),
    ],
)
def test_a_form_becomes_one_question_to_voice(
    empty_page: Page, path: str, form: dict[str, str], message: Message
) -> None:
    if path == "/voice/say":
        empty_page.messenger.answer = DONE
    answer = empty_page.browser.post(path, data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/voice")
    assert empty_page.messenger.asked == [message]


def test_a_reply_that_the_conversation_has_not_heard_of_is_said_all_the_same(
    empty_page: Page,
) -> None:
    empty_page.messenger.answer = DONE
    empty_page.browser.post("/voice/say", data={"text": "turn on the kitchen lamp"})
    assert "Done: Kitchen lamp on." in empty_page.browser.get("/voice").text


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Offline("no broker"), "Voice is not there right now"),
        (NoAnswer("voice/say", "voice", 8.0), "Voice did not answer in time"),
        (Refused("voice/say", Failure(code="busy", message="Too much.")), "Too much."),
    ],
)
def test_what_could_not_be_sent_stays_in_the_line_with_the_reason(
    empty_page: Page, error: Exception, sentence: str
) -> None:
    empty_page.messenger.answer = error
    answer = empty_page.browser.post("/voice/say", data={"text": "turn on <the lamp>"})
    assert answer.status_code == 503
    assert sentence in answer.text
    assert 'value="turn on &lt;the lamp&gt;"' in answer.text


@pytest.mark.parametrize(("text", "status"), [("", 422), ("   ", 422), ("x" * 301, 400)])
def test_what_is_no_command_is_not_sent(empty_page: Page, text: str, status: int) -> None:
    answer = empty_page.browser.post("/voice/say", data={"text": text})
    assert answer.status_code == status
    assert empty_page.messenger.asked == []


@pytest.mark.parametrize("path", ["/voice/say", "/voice/mute", "/voice/listen"])
def test_another_website_commands_nothing(empty_page: Page, path: str) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    answer = empty_page.browser.post(path, data={"text": "unlock the door"}, headers=headers)
    assert answer.status_code == 403
    assert empty_page.messenger.asked == []


@pytest.mark.parametrize("path", ["/voice", "/voice/vocabulary"])
def test_without_the_password_nobody_reads_what_is_said(empty_page: Page, path: str) -> None:
    empty_page.parts.password.set("correct horse")
    said(empty_page)
    answer = empty_page.stranger().get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next={path}")
    assert empty_page.stranger().post("/voice/say", data={"text": "stop"}).status_code == 401


HOSTILE = "<script>alert(1)</script>\u202e"


def test_names_of_others_are_shown_and_change_nothing_around_them(empty_page: Page) -> None:
    said(empty_page, text=HOSTILE, reply=HOSTILE, intent=HOSTILE, slots={"name": HOSTILE})
    empty_page.messenger.answer = vocabulary(names=(HOSTILE, "💡", 'a"]}'))
    for path in ("/voice", "/", "/voice/vocabulary"):
        assert "<script>alert" not in empty_page.browser.get(path).text
    assert "\u202e" not in empty_page.browser.get("/voice").text


def test_the_vocabulary_groups_sentences_as_people_do(empty_page: Page) -> None:
    empty_page.messenger.answer = vocabulary()
    text = empty_page.browser.get("/voice/vocabulary").text
    for part in ("Heating and cooling", "“set the thermostat to 21 degrees”", "Your own sentences",
                 "Kitchen", "Coffee machine", "Not there", "9 devices"):  # fmt: skip
        assert part in text


def test_sentences_of_intents_that_nobody_knows_are_the_households_own() -> None:
    found = groups([Example(intent="MovieNight", sentences=["it is movie night"])])
    assert [(group.name, group.sentences) for group in found] == [("own", ["it is movie night"])]


def test_thousands_of_names_are_shown_page_by_page_in_an_order_that_people_expect(
    empty_page: Page,
) -> None:
    empty_page.messenger.answer = vocabulary(devices=5000)
    first = empty_page.browser.get("/voice/vocabulary?q=attic").text
    assert first.count('class="row"') == PAGE
    assert first.index("Lamp 2<") < first.index("Lamp 10<")
    assert f"1 to {PAGE} of 5,000" in first
    last = empty_page.browser.get("/voice/vocabulary?q=attic&offset=4980").text
    assert last.count('class="row"') == 20
    assert "offset=4920" in last


def test_a_search_that_finds_nothing_says_so(empty_page: Page) -> None:
    empty_page.messenger.answer = vocabulary()
    text = empty_page.browser.get("/voice/vocabulary?q=cellar").text
    assert "No device or room of that name" in text


def test_devices_that_did_not_fit_into_the_answer_are_counted(empty_page: Page) -> None:
    empty_page.messenger.answer = msgspec.structs.replace(vocabulary(), device_count=1009)
    assert "1,000 more devices" in empty_page.browser.get("/voice/vocabulary").text


def test_a_household_without_devices_is_told_how_they_come(empty_page: Page) -> None:
    empty_page.messenger.answer = msgspec.structs.replace(vocabulary(), devices=[], device_count=0)
    text = empty_page.browser.get("/voice/vocabulary").text
    assert "No devices yet" in text
    assert "announce themselves" in text


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("💡", 'aliases: {"💡": [lamp]}'),
        ('a": [b]}', 'aliases: {"a\\": [b]}": [lamp]}'),
        ("\u202elamp", 'aliases: {"\\U0000202elamp": [lamp]}'),
        ("#: -", 'aliases: {"#: -": [lamp]}'),
    ],
)
def test_a_name_that_cannot_be_spoken_comes_with_the_line_that_mends_it(
    empty_page: Page, name: str, line: str
) -> None:
    assert alias_line(name, "lamp") == line
    assert msgspec.yaml.decode(line) == {"aliases": {name: ["lamp"]}}
    empty_page.messenger.answer = vocabulary(unknown=(name,))
    assert "Names that cannot be spoken" in empty_page.browser.get("/voice/vocabulary").text


@pytest.mark.parametrize("error", [Offline("no broker"), NoAnswer("v", "voice", 5.0)])
def test_a_vocabulary_that_is_not_told_can_be_asked_for_again(
    empty_page: Page, error: Exception
) -> None:
    empty_page.messenger.answer = error
    answer = empty_page.browser.get("/voice/vocabulary")
    assert answer.status_code == 503
    assert "What can be said is not known right now" in answer.text
    assert 'href="/voice/vocabulary"' in answer.text


@pytest.mark.parametrize(
    ("enabled", "recordings", "shown"), [(False, 0, False), (True, 0, True), (False, 3, True)]
)
def test_the_training_log_is_linked_while_it_is_on_or_recordings_remain(
    empty_page: Page, enabled: bool, recordings: int, shown: bool
) -> None:
    state = TrainingState(enabled=enabled, recordings=recordings, size_bytes=1)
    Browser.loop.run(empty_page.parts.conversation.take_training(state, "voice"))
    assert ('href="/voice/recordings"' in empty_page.browser.get("/voice").text) is shown


def test_the_view_is_whole_before_anything_has_ever_run(page: Page) -> None:
    answer = make_page(page.parts.paths).browser.get("/voice")
    assert answer.status_code == 200
    assert answer.text.count("<h1") == 1
