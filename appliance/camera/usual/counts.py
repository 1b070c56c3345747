"""What a count says of the rate behind it."""

import numpy as np
import numpy.typing as npt

CONFIDENCE_Z = 1.645
"""95 %, one-sided."""


def highest_mean(counts: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The highest mean of a Poisson distribution that does not yet make a count as low as that
    rarer than 5 %: Garwood's limit (1936) by the formula of Wilson and Hilferty (1931), within 1 %
    of the exact one."""
    above = np.asarray(counts, np.float64) + 1.0
    return np.asarray(
        above * (1 - 1 / (9 * above) + CONFIDENCE_Z / (3 * np.sqrt(above))) ** 3, np.float64
    )
