"""Why something is unusual, in English."""

from appliance.camera.seeing.assessment import Cause, Custom, Example, Kind, Observation, Reason

NOUNS = {
    Kind.PERSON: "a person",
    Kind.VEHICLE: "a vehicle",
    Kind.BICYCLE: "a bicycle",
    Kind.ANIMAL: "an animal",
    Kind.OTHER: "something",
}
PASSERS = {
    Kind.PERSON: "only people pass",
    Kind.VEHICLE: "only vehicles pass",
    Kind.BICYCLE: "only bicycles pass",
    Kind.ANIMAL: "only animals pass",
    Kind.OTHER: "none pass",
}
COMERS = {
    Kind.PERSON: ("nobody comes", "hardly anybody comes"),
    Kind.VEHICLE: ("no vehicle comes", "hardly any vehicle comes"),
    Kind.BICYCLE: ("no bicycle comes", "hardly any bicycle comes"),
    Kind.ANIMAL: ("no animal comes", "hardly any animal comes"),
    Kind.OTHER: ("nothing comes", "hardly anything comes"),
}
"""At an hour at which none, and at which hardly any came."""
NIGHT = (22, 6)
"""The hours of the day that begin and end it: of them one says "at night"."""
NEVER = 100.0
"""What is so much rarer than the rest is called never."""


def reason(observation: Observation, highest: float, examples: tuple[Example, ...]) -> Reason:
    """`highest` is the highest usual score of the cause."""
    match observation.cause:
        case Cause.SPEED | Cause.SIZE | Cause.STAY | Cause.LEFT | Cause.TAKEN:
            usual = observation.usual * highest
            ratio = observation.value / usual if usual > 0 else observation.score
        case _:
            usual = observation.usual
            ratio = usual / max(observation.value, 1e-6)
    return Reason(
        cause=observation.cause,
        kind=observation.kind,
        value=observation.value,
        usual=usual,
        ratio=ratio,
        sentence=_sentence(observation, ratio),
        examples=examples,
    )


def _sentence(observation: Observation, ratio: float) -> str:
    noun = NOUNS[observation.kind].capitalize()
    match observation.cause:
        case Cause.SPEED:
            return f"{noun} is faster than anything seen here: {ratio:.1f}x."
        case Cause.SIZE:
            return f"{noun} is bigger than anything seen here: {ratio:.1f}x."
        case Cause.DIRECTION if ratio >= NEVER:
            return f"{noun} goes another way than everybody here."
        case Cause.DIRECTION:
            return f"{noun} goes another way than almost everybody here: 1 in {ratio:.0f} does."
        case Cause.KIND:
            return f"{noun} where {PASSERS[observation.among]}."
        case Cause.PLACE if ratio >= NEVER:
            return f"{noun} moves where nothing ever moves."
        case Cause.PLACE:
            return (
                f"{noun} moves where hardly anything moves: {ratio:.0f} times less than elsewhere."
            )
        case Cause.HOUR:
            return f"{noun} {_hour(observation.kind, observation.custom)}."
        case Cause.STAY:
            return (
                f"{noun} has been standing here for {observation.value:.0f} s: "
                "people pass here and do not stop so long."
            )
        case Cause.LEFT:
            return f"Something was left here {observation.value:.0f} s ago and stands still."
        case Cause.TAKEN:
            return f"Something that stood here is gone for {observation.value:.0f} s."
        case Cause.TOLD:
            return f"{noun} is here, and you wanted to be told always."


def _hour(kind: Kind, custom: Custom | None) -> str:
    """`between 3:00 and 4:00 at night: nobody comes at that hour, 14 an hour come at the usual
    ones`."""
    if custom is None:
        return "comes at an unusual hour"
    begin, end = custom.hour, (custom.hour + 1) % 24
    night = " at night" if begin >= NIGHT[0] or begin < NIGHT[1] else ""
    comes = COMERS[kind][0 if custom.nobody else 1]
    usual = round(custom.usual_per_hour)
    come = f"{usual} an hour come" if usual > 1 else "one an hour comes"
    return f"between {begin}:00 and {end}:00{night}: {comes} at that hour, {come} at the usual ones"
