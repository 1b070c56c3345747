"""What a camera has learned, for a page to draw over its picture."""

import msgspec

from appliance.camera.usual.places import COLUMNS, ROWS, Places

VERSION = 1


def draw(places: Places) -> bytes:
    """JSON: `presence`, the seconds in which each place moved, and `speed`, the usual one at most,
    in picture heights a second (null where nothing has moved); rows from the top, places of a row
    from the left. Some 5 kB; empty before anything was learned."""
    moved_s = places.speeds.sum(-1)
    if not moved_s.any():
        return b""
    speeds = places.usual_speeds(ROWS, COLUMNS)
    return msgspec.json.encode(
        {
            "version": VERSION,
            "presence": [[round(float(each), 1) for each in line] for line in moved_s],
            "speed": [
                [
                    round(float(speed), 3) if moved > 0 else None
                    for speed, moved in zip(*lines, strict=True)
                ]
                for lines in zip(speeds, moved_s, strict=True)
            ],
        }
    )
