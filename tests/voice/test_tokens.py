from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.models.errors import ModelDamaged
from appliance.voice.recognisers.tokens import SPACE, Tokens, read_tokens

BYTES = [bytes([value]) for value in range(256)]
MERGES = ["mi", "lk", "milk", f"{SPACE}milk", *"milk", SPACE]


def pieces() -> list[bytes]:
    return [b"<unk>", b"<s>", b"</s>", *BYTES, *(text.encode() for text in MERGES)]


def stored(entries: list[bytes]) -> bytes:
    data = b""
    for entry in entries:
        if len(entry) < 128:
            data += bytes([len(entry)]) + entry
        else:
            data += bytes([128 + len(entry) % 128, len(entry) // 128]) + entry
    return data


def test_a_word_becomes_its_longest_merge() -> None:
    assert Tokens(pieces()).encode(f"{SPACE}milk") == (3 + 256 + MERGES.index(f"{SPACE}milk"),)


def test_a_letter_without_a_piece_becomes_its_bytes() -> None:
    assert Tokens(pieces()).encode("é") == tuple(3 + byte for byte in "é".encode())


@given(st.text(alphabet="milk é☕", max_size=20))
def test_what_is_encoded_decodes_to_the_same_text(text: str) -> None:
    tokens = Tokens(pieces())
    assert tokens.decode(tokens.encode(text.replace(" ", SPACE))) == text.strip()


def test_long_pieces_are_read_with_their_two_bytes_of_length(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.bin"
    path.write_bytes(stored([*pieces(), b"x" * 300]))
    assert read_tokens(path).decode([len(pieces())]) == "x" * 300


@pytest.mark.parametrize("data", [stored(pieces())[:-1], stored(pieces()[:20]), b""])
def test_a_file_cut_off_is_a_damaged_model(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "tokenizer.bin"
    path.write_bytes(data)
    with pytest.raises(ModelDamaged, match=r"tokenizer\.bin"):
        read_tokens(path)
