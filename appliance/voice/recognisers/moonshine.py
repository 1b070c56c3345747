"""Moonshine (Jeffries et al., 2024), an encoder and decoder that write English text, held to the
sentences of a grammar."""

import importlib
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from appliance.models.errors import ModelDamaged, ModelMissing, SoftwareMissing
from appliance.voice.audio.sound import SAMPLE_RATE_HZ, Samples
from appliance.voice.language.acceptor import WordGrammar
from appliance.voice.recognisers.beam import Logits, search
from appliance.voice.recognisers.choice import choose
from appliance.voice.recognisers.lexicon import Lexicon
from appliance.voice.recognisers.recogniser import Hypothesis
from appliance.voice.recognisers.tokens import START, read_tokens
from appliance.voice.recognisers.utterance import Utterance

ENCODER = "encoder_model.ort"
DECODER = "decoder_model_merged.ort"
TOKENS = "tokenizer.bin"
LAYERS, HEADS, HEAD_SIZE = 6, 8, 36
"""Of the model called tiny."""
FULL_SCALE = 32768.0
LONGEST_S = 9.0
"""The decoder refuses what is longer than 384 frames of the encoder (9.2 s)."""
SHORTEST_S = 0.2
"""Less gives the encoder nothing to look at."""
TOKENS_PER_S = 10.0
"""Nobody speaks faster; bounds the search, with a few more for the first second."""

Floats = npt.NDArray[np.float32]
KEPT_SEQUENCES = 20_000
VERIFY = "appliance models verify"


class _Named(Protocol):
    name: str


class _Session(Protocol):
    """Of onnxruntime, which has no types of its own."""

    def get_outputs(self) -> Sequence[_Named]: ...

    def run(self, outputs: None, inputs: Mapping[str, npt.NDArray[Any]], /) -> list[Floats]: ...


class Moonshine:
    """The tiny English model on one thread of the CPU."""

    def __init__(
        self,
        name: str,
        encoder: Path,
        decoder: Path,
        tokens: Path,
        *,
        width: int = 4,
        farthest: float = np.inf,
    ) -> None:
        """`width` is that of the beam; a beginning that is farther (Hypothesis.distance) than
        `farthest` from what the model would write is not followed.

        Raises ModelMissing, ModelDamaged, SoftwareMissing.
        """
        self.name = name
        self._width = width
        self._farthest = farthest
        for path in (encoder, decoder, tokens):
            if not path.is_file():
                raise ModelMissing(path.name, VERIFY)
        self._tokens = read_tokens(tokens)
        self._encoder = _session(encoder)
        self._decoder = _session(decoder)
        self._silence = _Silence(self._decoder, self._encode(np.zeros(SAMPLE_RATE_HZ, np.int16)))
        self._lexicon: Lexicon | None = None
        self._utterance = Utterance(LONGEST_S)
        self._begun: tuple[int, ...] = ()
        """Tokens of the best sentence of the last decoding: most of the next one begins alike."""

    def spells(self, word: str) -> bool:
        """It has tokens for every script, and learnt English only."""
        return all(unicodedata.name(each, "").startswith("LATIN") for each in word if each != "'")

    def use(self, grammar: WordGrammar) -> None:
        self._lexicon = Lexicon(grammar, self._tokens)
        self.reset()

    def hear(self, frame: Samples) -> None:
        self._utterance.add(frame)

    def guess(self) -> Hypothesis | None:
        return self._utterance.guess(self._decode)

    def finish(self) -> Hypothesis | None:
        hypothesis = self.guess()
        self.reset()
        return hypothesis

    def reset(self) -> None:
        self._utterance.clear()
        self._begun = ()

    def _decode(self) -> Hypothesis | None:
        frames, length_s = self._utterance.frames, self._utterance.length_s
        if self._lexicon is None or not frames or length_s < SHORTEST_S:
            return None
        decoding = _Decoding(self._decoder, self._encode(np.concatenate(frames)))
        longest = int(length_s * TOKENS_PER_S) + 8
        candidates = search(
            decoding,
            self._lexicon,
            width=self._width,
            longest=longest,
            begun=self._begun,
            farthest=self._farthest,
        )
        self._begun = candidates[0].tokens[:-1] if candidates else ()
        return choose(candidates, self._lexicon.grammar, self._silence)

    def _encode(self, samples: Samples) -> Floats:
        audio = samples.astype(np.float32)[None] / FULL_SCALE
        mask = np.ones(audio.shape, np.int64)
        return self._encoder.run(None, {"input_values": audio, "attention_mask": mask})[0]


class _Decoding:
    """The decoder on one utterance: token sequences side by side, with their attention caches."""

    def __init__(self, session: _Session, states: Floats) -> None:
        self._session = session
        self._states = states
        self._mask = np.ones(states.shape[:2], np.int64)
        self._outputs = [output.name for output in session.get_outputs()]
        # Keys and values of what was heard are of the first step, one for all sequences.
        self._cache: dict[str, Floats] = {}

    def begin(self, tokens: Sequence[int]) -> Logits:
        logits, *caches = _run(self._session, self._states, [[START, *tokens]])
        for name, array in zip(self._outputs[1:], caches, strict=True):
            self._cache[name.replace("present", "past_key_values")] = array
        return np.asarray(logits[0], np.float32)

    def keep(self, count: int) -> None:
        for name, array in self._cache.items():
            if ".decoder." in name:
                self._cache[name] = array[:, :, : count + 1]

    def step(self, parents: Sequence[int], tokens: Sequence[int]) -> Logits:
        chosen = list(parents)
        for name, array in self._cache.items():
            if ".decoder." in name and chosen != list(range(len(array))):
                self._cache[name] = array[chosen]
        logits, *caches = self._session.run(
            None,
            {
                "input_ids": np.array(tokens, np.int64)[:, None],
                "encoder_hidden_states": self._states,
                "encoder_attention_mask": self._mask,
                "use_cache_branch": np.array([True]),
                **self._cache,
            },
        )
        for name, array in zip(self._outputs[1:], caches, strict=True):
            if ".decoder." in name:
                self._cache[name.replace("present", "past_key_values")] = array
        return np.asarray(logits[:, -1], np.float32)


class _Silence:
    """What the decoder would write if nothing had been said. It is asked the same things again and
    again, so what it answered is kept."""

    def __init__(self, session: _Session, states: Floats) -> None:
        """`states` are those of silence."""
        self._session = session
        self._states = states
        self._known: dict[tuple[int, ...], tuple[float, ...]] = {}

    def log_probs(self, tokens: tuple[int, ...]) -> Sequence[float]:
        known = self._known.get(tokens)
        if known is None:
            if len(self._known) >= KEPT_SEQUENCES:
                self._known.clear()
            logits = _run(self._session, self._states, [[START, *tokens[:-1]]])[0][0]
            peaks = logits.max(axis=1)
            totals = peaks + np.log(np.exp(logits - peaks[:, None]).sum(axis=1))
            taken = logits[np.arange(len(tokens)), list(tokens)]
            known = self._known[tokens] = tuple((taken - totals).tolist())
        return known


def _run(session: _Session, states: Floats, sequences: Sequence[Sequence[int]]) -> list[Floats]:
    """Whole sequences of equal length, with nothing read before."""
    empty = np.zeros((len(sequences), HEADS, 0, HEAD_SIZE), np.float32)
    nothing = {
        f"past_key_values.{layer}.{side}.{kind}": empty
        for layer in range(LAYERS)
        for side in ("decoder", "encoder")
        for kind in ("key", "value")
    }
    return session.run(
        None,
        {
            "input_ids": np.array(sequences, np.int64),
            "encoder_hidden_states": states,
            "encoder_attention_mask": np.ones(states.shape[:2], np.int64),
            "use_cache_branch": np.array([False]),
            **nothing,
        },
    )


def _session(path: Path) -> _Session:
    try:
        runtime = importlib.import_module("onnxruntime")
    except ImportError as error:
        raise SoftwareMissing("onnxruntime", "pip install onnxruntime") from error
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # the arena keeps what the longest utterance took
    options.log_severity_level = 3
    try:
        session: _Session = runtime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime's errors share no other root
        raise ModelDamaged(path.name, f"onnxruntime refuses it ({error})", VERIFY) from error
    return session
