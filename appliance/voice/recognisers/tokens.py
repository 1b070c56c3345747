"""The tokens of a recogniser: pieces of words, numbered, as byte pair encoding merges them.

Source: SentencePiece's BPE with byte fallback (Kudo and Richardson, 2018) with the vocabulary of
Llama, which Moonshine uses; the order of the pieces is the order of the merges.
"""

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from appliance.models.errors import ModelDamaged

SPACE = "\u2581"
"""Stands for a space at the front of a piece."""
START = 1
END = 2
_BYTES_FROM = 3
_LONG_LENGTH = 0x80


class Tokens:
    """Pieces by number. `encode` knows text as SentencePiece would split it."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = tuple(pieces)

    def __len__(self) -> int:
        return len(self._pieces)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        # Single bytes stand first and are the last resort; pieces of the same text come later.
        numbers: dict[str, int] = {}
        for number, piece in enumerate(self._pieces):
            if number < _BYTES_FROM + 256:
                continue
            numbers.setdefault(piece.decode("utf-8", "replace"), number)
        return numbers

    def encode(self, text: str) -> tuple[int, ...]:
        """Token numbers; a space must already be written as SPACE."""
        parts = list(text)
        numbers = self._numbers
        while True:
            ranked = [
                (numbers[pair], index)
                for index, pair in enumerate(map("".join, pairwise(parts)))
                if pair in numbers
            ]
            if not ranked:
                break
            _, index = min(ranked)
            parts[index : index + 2] = [parts[index] + parts[index + 1]]
        found: list[int] = []
        for part in parts:
            if part in numbers:
                found.append(numbers[part])
            else:
                found += (_BYTES_FROM + byte for byte in part.encode())
        return tuple(found)

    def decode(self, tokens: Sequence[int]) -> str:
        joined = b"".join(self._pieces[token] for token in tokens if token > END)
        return joined.decode("utf-8", "replace").replace(SPACE, " ").strip()


def read_tokens(path: Path) -> Tokens:
    """Reads Moonshine's tokenizer.bin: of each piece its length (one byte; from 128 on two: 128 +
    the length's remainder, its multiple of 128), then its bytes. Raises ModelDamaged, OSError.
    """
    data = path.read_bytes()
    pieces: list[bytes] = []
    position = 0
    while position < len(data):
        length = data[position]
        position += 1
        if length >= _LONG_LENGTH and position < len(data):
            length = data[position] * _LONG_LENGTH + length - _LONG_LENGTH
            position += 1
        if position + length > len(data):
            raise ModelDamaged(path.name, "it ends in the middle", "appliance models verify")
        pieces.append(data[position : position + length])
        position += length
    if len(pieces) <= _BYTES_FROM + 256:
        raise ModelDamaged(path.name, "it holds no words", "appliance models verify")
    return Tokens(pieces)
