"""`appliance say`: a sentence typed is carried out as if spoken; `--aloud` has it spoken."""

import argparse
import asyncio
import json
import sys

from appliance.bus.messages.voice import Reply, Say
from appliance.bus.topics import SAY, SPEAKER
from appliance.cli.bus_connection import connected, find_bus
from appliance.service.paths import Paths

EXIT_NOT_DONE = 1
ANSWER_LIMIT_S = 5.0
OBEYED = frozenset({"done", "answered", "asked", "noted"})


def register(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb."""
    summary = "say a sentence to the house by typing it; 1 when it is not obeyed"
    parser = subcommands.add_parser("say", help=summary, description=summary)
    parser.add_argument(
        "sentence", metavar="SENTENCE", nargs="+", help='"turn on the kitchen lamp"'
    )
    parser.add_argument(
        "--aloud",
        action="store_true",
        help="let espeak-ng speak wake word and sentence, where the microphone is a named pipe",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Raises Offline, NoAnswer, Refused, Malformed, NotAllowed and DemoError."""
    say = _say_aloud if arguments.aloud else _say
    reply = asyncio.run(say(Paths.from_environment(), " ".join(arguments.sentence)))
    if arguments.json:
        document = {"kind": reply.kind, "intent": reply.intent, "text": reply.text}
        sys.stdout.write(json.dumps(document) + "\n")
    else:
        sys.stdout.write(reply.text + "\n")
    return 0 if reply.kind in OBEYED else EXIT_NOT_DONE


async def _say(paths: Paths, sentence: str) -> Reply:
    bus = find_bus(paths, SPEAKER, "say something to it")
    async with connected(bus):
        return await bus.ask(SAY, Say(text=sentence), ANSWER_LIMIT_S)


async def _say_aloud(paths: Paths, sentence: str) -> Reply:
    from appliance.cli.say_aloud import say_aloud  # speech needs much that typing does not

    return await say_aloud(paths, sentence)
