"""Speaks sentences.tsv with espeak-ng and lays them out for `appliance evaluate voice`:

    python -m tests.voice.speak_sentences FOLDER [--voice en-us ...] [--every 1]

Synthetic voices prove that the parts fit together, not how well people are understood.
"""

import argparse
import json
import sys
import wave
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped] # it has no types of its own
from home_assistant_intents import get_speech_to_phrase_intents

from appliance.voice.audio.sound import SAMPLE_RATE_HZ
from appliance.voice.dialogue.sentences import CARRIED_OUT
from appliance.voice.household.household import Household
from appliance.voice.language.compiler import compile_grammar
from appliance.voice.language.grammar import Grammar
from appliance.voice.language.templates import ListValue, read_file
from appliance.voice.language.words import spoken_words
from tests.voice.house import DEVICES, NAMES
from tests.voice.speech import say, silence

VOICES = ("en-us", "en-gb", "en-us+f3", "en-gb-scotland")
TABLE = Path(__file__).parent / "sentences.tsv"
OURS = Path(__file__).parents[2] / "appliance/voice/sentences/en.yaml"
BEFORE_MS = 300
"""Of silence, as between the wake word and a sentence: a detector needs some to begin."""
ROOM = "Kitchen"
"""Where the box of the house stands."""
Document = dict[str, Any]


def sentences() -> list[list[str]]:
    """Sentence, kind, intent and what is sent, of each row."""
    return [line.split("\t") for line in TABLE.read_text("utf-8").splitlines()[1:]]


def grammar_document() -> Document:
    """What can be spoken in the house, names included, as one file of templates.

    In such a file a list knows nothing of kinds of devices, so every block has its own of names.
    """
    household = Household(NAMES)
    for topic, payload in DEVICES:
        household.hear(topic, payload)
    live = household.lists()
    parts = (get_speech_to_phrase_intents("en"), yaml.safe_load(OURS.read_text("utf-8")))
    merged: Document = {"language": "en", "intents": {}}
    for part in parts:
        for key in ("lists", "expansion_rules"):
            merged.setdefault(key, {}).update(part.get(key, {}))
        merged.setdefault("skip_words", []).extend(part.get("skip_words", []))
        for intent, content in part["intents"].items():
            blocks = merged["intents"].setdefault(intent, {"data": []})["data"]
            blocks += [_block(block, live["name"]) for block in content["data"]]
    merged["intents"] = {
        name: merged["intents"][name] for name in merged["intents"] if name in CARRIED_OUT
    }
    for name, values in live.items():
        if name != "name":
            merged["lists"][name] = _list(values)
    return merged


def _block(block: Mapping[str, Any], names: Sequence[ListValue]) -> Document:
    context = dict(block.get("requires_context", {}))
    slots = dict(block.get("slots", {}))
    if context.pop("area", None) is not None:
        slots["area"] = ROOM
    wanted, unwanted = (
        {domains} if isinstance(domains, str) else set(domains)
        for domains in (
            context.get("domain", ()),
            block.get("excludes_context", {}).get("domain", ()),
        )
    )
    domain_of = {each.value: each.context["domain"] for each in names}
    said = [
        each
        for each in names
        if (not wanted or domain_of[each.value] in wanted) and domain_of[each.value] not in unwanted
    ]
    return {"sentences": block["sentences"], "slots": slots, "lists": {"name": _list(said)}}


def _list(values: Sequence[ListValue]) -> Document:
    return {"values": [{"in": each.text, "out": each.value} for each in values]}


def rows(grammar: Grammar) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Sentence, intent and slots, of those that can be spoken and mean one thing; `none` for those
    that are no command."""
    for text, kind, intent, _ in sentences():
        readings = grammar.parse(spoken_words(text))
        if len(readings) == 1 and readings[0].intent == intent:
            yield text, intent, readings[0].slots
        elif not readings and kind == "not_understood":
            yield text, "none", {}


def write(folder: Path, voices: Sequence[str], every: int = 1) -> int:
    """Recordings, labels.tsv and sentences.yaml; how many recordings there are."""
    (folder / "audio").mkdir(parents=True, exist_ok=True)
    templates = folder / "sentences.yaml"
    templates.write_text(yaml.safe_dump(grammar_document(), allow_unicode=True), "utf-8")
    table = ["file\tintent\tslots"]
    for number, (text, intent, slots) in enumerate(rows(compile_grammar(read_file(templates)))):
        for voice in voices if number % every == 0 else ():
            name = f"{number:03}-{voice}.wav"
            with wave.open(str(folder / "audio" / name), "wb") as file:
                file.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", ""))
                for sound in (silence(BEFORE_MS), say(text, voice)):
                    file.writeframes(sound.astype("<i2").tobytes())
            table.append(f"{name}\t{intent}\t{json.dumps(dict(slots))}")
    (folder / "labels.tsv").write_text("\n".join(table) + "\n", "utf-8")
    return len(table) - 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--voice", action="append", help=f"of espeak-ng; default: {VOICES}")
    parser.add_argument("--every", type=int, default=1, help="only every so manieth sentence")
    arguments = parser.parse_args()
    count = write(arguments.folder, arguments.voice or VOICES, arguments.every)
    sys.stdout.write(
        f"{count} recordings. Now: appliance evaluate voice --audio {arguments.folder}/audio "
        f"--labels {arguments.folder}/labels.tsv --sentences {arguments.folder}/sentences.yaml\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
