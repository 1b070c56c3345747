"""Sentence templates in the format of hassil and home-assistant-intents, from any source.

https://developers.home-assistant.io/docs/voice/intent-recognition/template-sentence-syntax
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped] # it has no types of its own
from hassil.expression import Expression, Group, ListReference, RuleReference, TextChunk
from hassil.intents import IntentData, Intents, SlotList
from hassil.parser import ParseError
from home_assistant_intents import get_intents, get_speech_to_phrase_intents

from appliance.voice.errors import BadTemplate

SIZE_LIMIT_BYTES = 2_000_000
DEPTH_LIMIT = 24
"""Rules within rules; deeper ones refer to themselves."""


@dataclass(frozen=True)
class ListValue:
    """A value that a list of the templates can take, such as a device's name."""

    text: str
    """As it is said; never read as a template, since people write anything into names."""
    value: str
    """What the slot is filled with."""
    context: Mapping[str, str] = field(default_factory=dict)
    """What a block of sentences can require, such as `domain`."""


@dataclass(frozen=True)
class Templates:
    """Blocks of sentences with their lists and rules, parsed and found to be whole."""

    language: str
    blocks: tuple[tuple[str, IntentData], ...]
    """Name of the intent, sentences."""
    lists: Mapping[str, SlotList]
    rules: Mapping[str, Expression]
    courtesies: tuple[str, ...] = ()
    """What may be said before any sentence ("please")."""

    def merged(self, other: "Templates") -> "Templates":
        """Both; where a list or rule has the same name, that of `other`."""
        return Templates(
            self.language,
            self.blocks + other.blocks,
            {**self.lists, **other.lists},
            {**self.rules, **other.rules},
            tuple(dict.fromkeys(self.courtesies + other.courtesies)),
        )

    def only(self, intents: Iterable[str]) -> "Templates":
        """Without the sentences of all other intents."""
        kept = frozenset(intents)
        blocks = tuple(block for block in self.blocks if block[0] in kept)
        return Templates(self.language, blocks, self.lists, self.rules, self.courtesies)


def home_assistant_sentences(language: str, *, spoken: bool) -> Templates:
    """Home Assistant's own. `spoken`: the smaller set that it made for recognisers with a grammar.

    Raises BadTemplate when it has none in that language.
    """
    source = f"Home Assistant's sentences for {language}"
    document = get_speech_to_phrase_intents(language) if spoken else get_intents(language)
    if document is None:
        raise BadTemplate(source, "there are none")
    return read_document(document, source)


def read_file(path: Path) -> Templates:
    """A YAML file of the household. Raises BadTemplate, and OSError when it cannot be read."""
    if path.stat().st_size > SIZE_LIMIT_BYTES:
        raise BadTemplate(str(path), f"larger than {SIZE_LIMIT_BYTES // 1_000_000} MB")
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise BadTemplate(str(path), f"no YAML: {error}") from error
    if not isinstance(document, dict):
        raise BadTemplate(str(path), "no mapping at the top")
    return read_document(document, str(path))


def read_document(document: Mapping[str, Any], source: str) -> Templates:
    """Raises BadTemplate for what hassil does not read."""
    try:
        parsed = Intents.from_dict({"intents": {}, "language": "en", **document})
        blocks = tuple(
            (name, data) for name, intent in parsed.intents.items() for data in intent.data
        )
        rules = {name: rule.expression for name, rule in parsed.expansion_rules.items()}
        templates = Templates(
            parsed.language, blocks, parsed.slot_lists, rules, _courtesies(parsed.skip_words)
        )
        for name, data in blocks:
            for sentence in data.sentences:
                _check(sentence.expression, templates, data, f"{source}, {name}", 0)
    except (
        ParseError,
        AssertionError,
        AttributeError,
        KeyError,
        TypeError,
        ValueError,
        IndexError,
        RecursionError,
    ) as error:  # hassil asserts and indexes where a document is not as it expects
        raise BadTemplate(source, f"{type(error).__name__}: {error}") from error
    return templates


def _courtesies(skip_words: Iterable[str]) -> tuple[str, ...]:
    """Those that cannot be mistaken for the beginning of a sentence of their own."""
    return tuple(words for words in skip_words if words not in {"i want", "for me"})


def _check(
    expression: Expression, templates: Templates, data: IntentData, source: str, depth: int
) -> None:
    if depth > DEPTH_LIMIT:
        raise BadTemplate(source, "a rule refers to itself")
    if isinstance(expression, Group):
        for item in expression.items:
            _check(item, templates, data, source, depth + (not isinstance(item, TextChunk)))
    elif isinstance(expression, RuleReference):
        rule = find_rule(expression.rule_name, templates, data)
        if rule is None:
            raise BadTemplate(source, f"there is no rule <{expression.rule_name}>")
        _check(rule, templates, data, source, depth + 1)
    elif not isinstance(expression, TextChunk | ListReference):
        raise BadTemplate(source, f"unknown syntax {expression}")


def find_rule(name: str, templates: Templates, data: IntentData) -> Expression | None:
    """The block's own rule goes before the common one."""
    local = data.expansion_rules.get(name)
    return local.expression if local is not None else templates.rules.get(name)
