"""Speech that is no command must not become one."""

from dataclasses import dataclass

from appliance.voice.recogniser import Hypothesis


@dataclass(frozen=True)
class Rejection:
    """What a sentence must reach to be acted on."""

    least_score: float
    """Of Hypothesis.score: the whole sentence."""
    least_worst: float
    """Of Hypothesis.worst: its least likely word."""

    def accepts(self, hypothesis: Hypothesis) -> bool:
        return hypothesis.score >= self.least_score and hypothesis.worst >= self.least_worst


MOONSHINE = Rejection(least_score=-1.5, least_worst=-9.0)
