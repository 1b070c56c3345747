"""Vosk (Kaldi): its shared library, without the package's Python half, which would import an HTTP
client, a progress bar and a subtitle writer."""

import ctypes
import importlib.util
import json
import struct
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from appliance.models.errors import ModelDamaged, SoftwareMissing, WrongInput

PACKAGE = "vosk"
LIBRARY = "libvosk.so"
QUIET = -1
"""Log level: Kaldi otherwise tells stderr about every file and every unknown word."""
DYNAMIC_GRAPH = ("graph/HCLr.fst", "graph/Gr.fst")
STATIC_GRAPH = "graph/HCLG.fst"
NEEDED = ("am/final.mdl", "conf/mfcc.conf")
WORDS = "graph/words.txt"
FST_MAGIC, SYMBOLS_MAGIC = 2125659606, 2125658996
UNKNOWN = "[unk]"
"""What some models have for a sound that is no word of theirs."""
OTHER_WORDS = 400
"""Short words of the model's vocabulary that stand for any other speech."""
PIECES_LIMIT = 6
WORD_LIMIT = 5_000_000
TEXT_LIMIT_BYTES = 4096


@dataclass(frozen=True)
class Alternative:
    """What may have been said."""

    words: tuple[str, ...]
    log_likelihood: float
    """Of sound and words together, natural logarithm, up to a constant of the utterance."""


class VoskModel:
    """A loaded model; many recognisers may share it, from several threads."""

    def __init__(self, name: str, folder: Path, mend: str) -> None:
        """Takes about a second. Raises SoftwareMissing, ModelDamaged, WrongInput.

        A damaged file of the graph may end the process (OpenFst's own choice): compare SHA-256
        first, or load it in a child process.
        """
        check_files(name, folder, mend)
        self.name = name
        self._library = load_library()
        self._handle = self._library.vosk_model_new(str(folder).encode())
        if not self._handle:
            raise ModelDamaged(name, "Vosk refuses it", mend)

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self._library.vosk_model_free(self._handle)

    def knows(self, word: str) -> bool:
        return int(self._library.vosk_model_find_word(self._handle, word.encode())) >= 0

    def open(self, sample_rate_hz: int, phrases: Iterable[str], alternatives: int) -> "VoskStream":
        """A recogniser for these phrases (a millisecond and more with their number)."""
        grammar = json.dumps(list(phrases), ensure_ascii=False).encode()
        handle = self._library.vosk_recognizer_new_grm(self._handle, sample_rate_hz, grammar)
        if not handle:
            raise ModelDamaged(self.name, "Vosk takes no grammar with it", "appliance models list")
        self._library.vosk_recognizer_set_max_alternatives(handle, alternatives)
        return VoskStream(self, self._library, handle)


class VoskStream:
    """One recogniser; one thread's at a time."""

    def __init__(self, model: VoskModel, library: ctypes.CDLL, handle: int) -> None:
        self._model = model  # must outlive this
        self._library = library
        self._handle = handle

    def __del__(self) -> None:
        self._library.vosk_recognizer_free(self._handle)

    def hear(self, sound: bytes) -> None:
        """16 bit little endian samples; decodes as far as they reach."""
        self._library.vosk_recognizer_accept_waveform(self._handle, sound, len(sound))

    def finish(self) -> list[Alternative]:
        """What was heard, the likeliest first; then begins anew."""
        document = json.loads(self._library.vosk_recognizer_final_result(self._handle))
        return [
            Alternative(tuple(each["text"].split()), float(each["confidence"]))
            for each in document.get("alternatives", ())
        ]

    def reset(self) -> None:
        self._library.vosk_recognizer_reset(self._handle)


def spell(word: str, model: VoskModel) -> tuple[str, ...] | None:
    """`word` in words of the model: itself, or, in scripts that write syllables, the fewest that
    it is made of, the longest first; None when there is no way."""
    if model.knows(word):
        return (word,)
    if not all(_is_syllable(character) for character in word):
        return None
    best: list[tuple[str, ...] | None] = [None] * len(word) + [()]
    for start in range(len(word) - 1, -1, -1):
        for end in range(len(word), start, -1):
            rest = best[end]
            known = best[start]
            if rest is None or len(rest) >= PIECES_LIMIT or not model.knows(word[start:end]):
                continue
            if known is None or len(rest) + 1 < len(known):
                best[start] = (word[start:end], *rest)
    return best[0]


def _is_syllable(character: str) -> bool:
    """Hangul, Han, Kana: whatever is written together sounds much as it does apart."""
    name = unicodedata.name(character, "")
    return name.startswith(("HANGUL", "CJK", "HIRAGANA", "KATAKANA"))


def short_words(vocabulary: Iterable[str]) -> list[str]:
    """Some of the shortest words, evenly spaced in their order: a rough loop of syllables."""
    plain = sorted(
        {word for word in vocabulary if word.isalpha()}, key=lambda word: (len(word), word)
    )
    shortest = plain[: 8 * OTHER_WORDS]
    step = max(1, len(shortest) // OTHER_WORDS)
    return shortest[::step][:OTHER_WORDS]


def check_files(name: str, folder: Path, mend: str) -> None:
    """Whether the files are there that a model with a grammar has. Raises ModelDamaged (something
    is missing) and WrongInput (a grammar cannot be given to this kind)."""
    missing = [file for file in NEEDED if not (folder / file).is_file()]
    if missing:
        raise ModelDamaged(name, f"{', '.join(missing)} is missing", mend)
    if all((folder / file).is_file() for file in DYNAMIC_GRAPH):
        return
    if (folder / STATIC_GRAPH).is_file():
        raise WrongInput(
            name,
            f"has one fixed graph ({STATIC_GRAPH}) and can take no grammar; the small models of "
            f"alphacephei.com have {' and '.join(DYNAMIC_GRAPH)}",
        )
    raise ModelDamaged(name, f"{' or '.join(DYNAMIC_GRAPH)} is missing", mend)


def read_vocabulary(name: str, folder: Path, mend: str) -> list[str]:
    """All words of a model, from its graph (OpenFst's file format: fst.cc and symbol-table.cc) or
    the list beside it. Raises ModelDamaged."""
    listed = folder / WORDS
    try:
        if listed.is_file():
            return [line.split()[0] for line in listed.read_text("utf-8").splitlines() if line]
        with (folder / DYNAMIC_GRAPH[1]).open("rb") as file:
            return _read_symbols(file)
    except (OSError, struct.error, ValueError, IndexError) as error:
        raise ModelDamaged(name, f"its words cannot be read ({error})", mend) from error


def _read_symbols(file: BinaryIO) -> list[str]:
    """The first symbol table of an automaton. Raises ValueError, struct.error."""
    if _read(file, "<i") != FST_MAGIC:
        raise ValueError("no automaton")
    for _ in range(2):  # kinds of automaton and arcs
        _read_text(file)
    _version, flags, _properties, _start, _states, _arcs = struct.unpack("<iiQqqq", file.read(40))
    if not flags & 3:
        raise ValueError("no table of words")
    if _read(file, "<i") != SYMBOLS_MAGIC:
        raise ValueError("no table of words")
    _read_text(file)
    _available, size = struct.unpack("<qq", file.read(16))
    if not 0 < size <= WORD_LIMIT:
        raise ValueError(f"{size} words")
    words = []
    for _ in range(size):
        words.append(_read_text(file))
        file.read(8)
    return words


def _read(file: BinaryIO, layout: str) -> int:
    (number,) = struct.unpack(layout, file.read(struct.calcsize(layout)))
    return int(number)


def _read_text(file: BinaryIO) -> str:
    length = _read(file, "<i")
    if not 0 <= length <= TEXT_LIMIT_BYTES:
        raise ValueError(f"a text of {length} bytes")
    return file.read(length).decode("utf-8")


def load_library() -> ctypes.CDLL:
    """Raises SoftwareMissing."""
    mend = f"pip install {PACKAGE} (requirements/run.lock has its version)"
    spec = importlib.util.find_spec(PACKAGE)
    folders = spec.submodule_search_locations if spec is not None else None
    if not folders:
        raise SoftwareMissing(PACKAGE, mend)
    try:
        library = ctypes.CDLL(str(Path(folders[0]) / LIBRARY))
        _declare(library)
    except (OSError, AttributeError) as error:
        raise SoftwareMissing(f"{PACKAGE} ({error})", mend) from error
    library.vosk_set_log_level(QUIET)
    return library


def _declare(library: ctypes.CDLL) -> None:
    """As src/vosk_api.h of vosk-api 0.3.45 has it."""
    pointer, text, integer = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    calls: tuple[tuple[str, Any, list[Any]], ...] = (
        ("vosk_set_log_level", None, [integer]),
        ("vosk_model_new", pointer, [text]),
        ("vosk_model_free", None, [pointer]),
        ("vosk_model_find_word", integer, [pointer, text]),
        ("vosk_recognizer_new", pointer, [pointer, ctypes.c_float]),
        ("vosk_recognizer_new_grm", pointer, [pointer, ctypes.c_float, text]),
        ("vosk_recognizer_free", None, [pointer]),
        ("vosk_recognizer_set_max_alternatives", None, [pointer, integer]),
        ("vosk_recognizer_accept_waveform", integer, [pointer, text, integer]),
        ("vosk_recognizer_final_result", text, [pointer]),
        ("vosk_recognizer_reset", None, [pointer]),
    )
    for name, result, arguments in calls:
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
