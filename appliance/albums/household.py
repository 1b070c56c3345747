"""What the household said about people, as far as grouping must obey it."""

from collections.abc import Iterable


class Household:
    """Names (only that there is one), rejections (a face is not a person), separations (two people
    are not one).
    """

    def __init__(self) -> None:
        self.named: set[int] = set()
        self._rejections: dict[int, set[int]] = {}
        self._separations: dict[int, set[int]] = {}

    def separate(self, person: int, other: int) -> None:
        self._separations.setdefault(person, set()).add(other)
        self._separations.setdefault(other, set()).add(person)

    def unseparate(self, person: int, other: int) -> None:
        _discard(self._separations, person, other)
        _discard(self._separations, other, person)

    def separated(self, person: int, other: int) -> bool:
        return other in self._separations.get(person, ())

    def reject(self, face: int, person: int) -> None:
        self._rejections.setdefault(face, set()).add(person)

    def unreject(self, face: int, person: int) -> None:
        _discard(self._rejections, face, person)

    def rejected(self, faces: Iterable[int], person: int) -> bool:
        """Whether one of these faces is not this person."""
        return any(person in self._rejections.get(face, ()) for face in faces)

    def spoke_of(self, person: int) -> bool:
        """Whether anything hangs on this person's number."""
        return (
            person in self.named
            or person in self._separations
            or any(person in rejected for rejected in self._rejections.values())
        )

    def carry_over(self, other: int, person: int) -> None:
        """What was said about `other` holds for `person`, who is the same."""
        if other in self.named:
            self.named.remove(other)
            self.named.add(person)
        for third in tuple(self._separations.get(other, ())):
            self.unseparate(other, third)
            if third != person:
                self.separate(person, third)
        for rejected in self._rejections.values():
            if other in rejected:
                rejected.remove(other)
                rejected.add(person)

    def forget_face(self, face: int) -> None:
        self._rejections.pop(face, None)

    def forget_person(self, person: int) -> None:
        self.named.discard(person)
        for other in tuple(self._separations.get(person, ())):
            self.unseparate(person, other)
        for face in tuple(self._rejections):
            self.unreject(face, person)


def _discard(table: dict[int, set[int]], key: int, value: int) -> None:
    values = table.get(key)
    if values is not None:
        values.discard(value)
        if not values:
            del table[key]
