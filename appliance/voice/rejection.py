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
"""Fitted on every second file of the coffee orders, of the orders whose drink is unknown and of
read speech. Right orders: score above -1.2 clean and -1.5 at 12 dB, worst word above -7.8 and -8.8.
Read speech (40 files): score below -1.6. Unknown drinks (52): worst word below -9.4, one at -7.8;
their score reaches -0.7, which is why the sentence alone does not decide."""
