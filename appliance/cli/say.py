"""`appliance say`: a sentence typed is carried out as if it had been spoken."""

import argparse
import asyncio
import functools
import json
import sys
from contextlib import suppress

from appliance.bus.client import Bus
from appliance.bus.errors import Offline
from appliance.bus.messages.voice import Reply, Say
from appliance.bus.topics import SAY, SPEAKER
from appliance.service import broker
from appliance.service.errors import NotAllowed
from appliance.service.paths import Paths

EXIT_NOT_DONE = 1
CONNECT_LIMIT_S = 2.0
ANSWER_LIMIT_S = 5.0
OBEYED = frozenset({"done", "answered", "asked", "noted"})


def register(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb."""
    summary = "say a sentence to the house by typing it; 1 when it is not obeyed"
    parser = subcommands.add_parser("say", help=summary, description=summary)
    parser.add_argument(
        "sentence", metavar="SENTENCE", nargs="+", help='"turn on the kitchen lamp"'
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Raises Offline, NoAnswer, Refused, Malformed and NotAllowed."""
    reply = asyncio.run(_say(Paths.from_environment(), " ".join(arguments.sentence)))
    if arguments.json:
        document = {"kind": reply.kind, "intent": reply.intent, "text": reply.text}
        sys.stdout.write(json.dumps(document) + "\n")
    else:
        sys.stdout.write(reply.text + "\n")
    return 0 if reply.kind in OBEYED else EXIT_NOT_DONE


async def _say(paths: Paths, sentence: str) -> Reply:
    locate = functools.partial(broker.locate, paths, SPEAKER)
    try:
        locate()
    except PermissionError as error:
        raise NotAllowed("say something to it") from error
    bus = Bus(locate, SPEAKER, broker.box_id(paths))
    running = asyncio.create_task(bus.run())
    try:
        with suppress(TimeoutError):
            await asyncio.wait_for(bus.connected.wait(), CONNECT_LIMIT_S)
        if not bus.connected.is_set():
            raise Offline("the message broker does not answer")
        return await bus.ask(SAY, Say(text=sentence), ANSWER_LIMIT_S)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
