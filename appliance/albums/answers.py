"""Questions on the bus, answered by the domain; its errors become typed failures."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from appliance.albums.albums import Albums
from appliance.albums.decisions import Recorded
from appliance.albums.errors import AlbumsError, Unknown
from appliance.albums.inbox import Arrival
from appliance.albums.work import Work
from appliance.bus import topics
from appliance.bus.client import Bus
from appliance.bus.messages import albums as messages
from appliance.bus.messages.base import Done, Failure

T = TypeVar("T")

LOST = Failure(code="unreadable", message="The photo's file is not there.", mend="appliance status")


class Answers:
    """Registers itself on the bus; each question is worked on in a thread."""

    def __init__(
        self, bus: Bus, albums: Albums, work: Work, on_change: Callable[[tuple[int, ...]], None]
    ) -> None:
        """`on_change` is told, in the loop, the people whom a decision concerns."""
        self._albums = albums
        self._work = work
        self._on_change = on_change
        bus.answer(topics.IDENTIFY, self._identify)
        bus.answer(topics.SET_GROUPING, self._set_grouping)
        bus.answer(topics.NAME_PERSON, self._name)
        bus.answer(topics.MERGE_PEOPLE, self._merge)
        bus.answer(topics.SEPARATE_PEOPLE, self._separate)
        bus.answer(topics.FORGET_PERSON, self._forget)
        bus.answer(topics.REMOVE_FACE, self._remove_face)
        bus.answer(topics.ASSIGN_FACE, self._assign_face)
        bus.answer(topics.UNDO, self._undo)
        bus.answer(topics.MAKE_PREVIEW, self._make_preview)
        bus.answer(topics.RETRY_QUARANTINED, self._retry)
        bus.answer(topics.DISCARD_QUARANTINED, self._discard)

    async def _set_grouping(self, question: messages.SetGrouping) -> Done | Failure:
        forgetting = self._albums.forgetting
        return await self._decide(forgetting.agree if question.agreed else forgetting.disagree)

    async def _name(self, question: messages.NamePerson) -> Done | Failure:
        decisions = self._albums.decisions
        return await self._decide(lambda: decisions.name(question.person, question.name))

    async def _merge(self, question: messages.MergePeople) -> Done | Failure:
        decisions = self._albums.decisions
        return await self._decide(lambda: decisions.merge(question.person, question.other))

    async def _separate(self, question: messages.SeparatePeople) -> Done | Failure:
        decisions = self._albums.decisions
        return await self._decide(lambda: decisions.separate(question.person, question.other))

    async def _forget(self, question: messages.ForgetPerson) -> Done | Failure:
        return await self._decide(lambda: self._albums.forgetting.forget(question.person))

    async def _remove_face(self, question: messages.RemoveFace) -> Done | Failure:
        return await self._decide(lambda: self._albums.decisions.remove_face(question.face))

    async def _assign_face(self, question: messages.AssignFace) -> Done | Failure:
        decisions = self._albums.decisions
        return await self._decide(
            lambda: decisions.assign_face(question.face, question.person, question.name)
        )

    async def _undo(self, question: messages.UndoEntry) -> Done | Failure:
        return await self._decide(lambda: self._albums.decisions.undo(question.entry))

    async def _identify(self, question: messages.Identify) -> messages.Identity | Failure:
        found = await _carry_out(lambda: self._albums.identification.identify(question.image))
        if isinstance(found, Failure):
            return found
        return messages.Identity(person=found.person, name=found.name, score=found.score)

    async def _make_preview(
        self, question: messages.MakePreview
    ) -> messages.PreviewReady | Failure:
        def make() -> str:
            photo = self._albums.library.get(question.photo)
            if photo is None or not photo.complete:
                raise Unknown("photo", question.photo)
            return self._albums.importer.make_preview(photo)

        file = await _carry_out(make)
        return file if isinstance(file, Failure) else messages.PreviewReady(file=file)

    async def _retry(self, question: messages.RetryQuarantined) -> Done | Failure:
        item = await _carry_out(lambda: self._albums.quarantine.get(question.item))
        if isinstance(item, Failure):
            return item
        self._work.order(Arrival(item.path, item.name, "quarantine"))
        return Done()

    async def _discard(self, question: messages.DiscardQuarantined) -> Done | Failure:
        done = await _carry_out(lambda: self._albums.quarantine.discard(question.item))
        if isinstance(done, Failure):
            return done
        self._on_change(())
        return Done()

    async def _decide(self, decision: Callable[[], Recorded]) -> Done | Failure:
        recorded = await _carry_out(decision)
        if isinstance(recorded, Failure):
            return recorded
        self._on_change(recorded.people)
        self._work.wake()
        return Done(entry=recorded.entry)


def _carry_out(action: Callable[[], T]) -> Awaitable[T | Failure]:
    """In a thread; what the domain refuses, and a file that is gone, is a Failure."""

    def attempt() -> T | Failure:
        try:
            return action()
        except AlbumsError as error:
            return Failure(code=error.code, message=str(error), mend=error.mend)
        except FileNotFoundError:
            return LOST

    return asyncio.to_thread(attempt)
