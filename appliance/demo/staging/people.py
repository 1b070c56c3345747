"""People who walk, stand, bend down and carry."""

import math

import numpy as np

from appliance.demo.staging.canvas import Area, Canvas, Frame, Point, shade
from appliance.demo.staging.looks import Looks, Pose, darker
from appliance.demo.staging.things import SHAPES

STRIDE_M = 1.45
"""What a walking person covers between two steps of the same foot."""


def draw_person(frame: Frame, foot: Point, scale: float, looks: Looks, pose: Pose) -> None:
    """`foot` in pixels, `scale` in pixels a metre."""
    scale *= looks.size
    shade(frame, foot, (0.42 * scale, 0.13 * scale))
    canvas = Canvas(foot, scale, Area(1.0, 1.9))
    _carry(canvas, pose)
    _draw_body(canvas, looks, pose)
    canvas.lay(frame, looks.seed)


def _draw_body(canvas: Canvas, looks: Looks, pose: Pose) -> None:
    phase = 2 * math.pi * pose.stride / STRIDE_M / looks.size
    side = 0.25 + 0.75 * abs(pose.facing)
    way = math.copysign(1.0, pose.facing)
    # Somebody who stands shifts the weight from time to time.
    idle = 0.02 * math.sin(pose.time_s * 0.9 + looks.seed) * (not pose.walking)
    sink = 0.3 * pose.bend
    bob = 0.03 * abs(math.cos(phase)) * pose.walking
    hip = (idle, 0.9 - sink + bob)
    lean = (0.06 * pose.walking * side + 0.5 * pose.bend) * way
    neck = (hip[0] + lean + idle, hip[1] + 0.55 - 0.35 * pose.bend)
    dark = darker(looks.legs, 0.8)
    for half, colour in ((math.pi, dark), (0.0, looks.legs)):
        swing = 0.5 * math.sin(phase + half) * side if pose.walking else 0.1 - 0.2 * (half > 0)
        lifted = 0.7 * max(0.0, math.cos(phase + half)) * side * pose.walking + 0.8 * pose.bend
        thigh = swing + 0.5 * pose.bend
        knee = _reach(hip, thigh * way, 0.44)
        ankle = (
            _reach(knee, (thigh - lifted) * way, 0.42)
            if pose.walking
            else (hip[0] - idle + 0.09 * math.copysign(1, 1.5 - half), 0.05)
        )
        canvas.limb([hip, knee, ankle], 0.15, colour)
        canvas.limb([ankle, (ankle[0] + 0.13 * way * side, ankle[1] - 0.02)], 0.08, (35, 35, 40))
    _draw_arm(canvas, neck, -math.sin(phase), looks, pose, 0.75)
    breadth = 0.2 - 0.06 * side
    canvas.shape(
        [
            (hip[0] - breadth * 0.85, hip[1] - 0.06),
            (neck[0] - breadth, neck[1] - 0.03),
            (neck[0] + breadth, neck[1] - 0.03),
            (hip[0] + breadth * 0.85, hip[1] - 0.06),
        ],
        looks.top,
    )
    _draw_arm(canvas, neck, math.sin(phase), looks, pose, 1.0)
    head = (neck[0] + 0.04 * way * side + 0.5 * lean * pose.bend, neck[1] + 0.19)
    canvas.limb([neck, head], 0.1, darker(looks.skin, 0.85))
    canvas.disc(head, (0.105, 0.135), looks.skin)
    canvas.disc((head[0] - 0.035 * way * side, head[1] + 0.055), (0.105, 0.09), looks.hair)


def _draw_arm(
    canvas: Canvas, neck: Point, swing: float, looks: Looks, pose: Pose, light: float
) -> None:
    way = math.copysign(1.0, pose.facing)
    side = 0.25 + 0.75 * abs(pose.facing)
    restless = 0.15 * math.sin(pose.time_s * 0.7 + looks.seed * light)
    angle = (0.45 * swing * side if pose.walking else 0.08 + restless * 0.3) * way
    angle += 0.5 * pose.bend * way
    outward = (0.17 - 0.1 * side) * (1 if light == 1.0 else -1)
    shoulder = (neck[0] + outward, neck[1] - 0.07)
    elbow = _reach(shoulder, angle, 0.3)
    hand = _reach(elbow, angle + 0.25 * way, 0.26)
    canvas.limb([shoulder, elbow, hand], 0.1, darker(looks.top, 0.85 * light))
    canvas.disc(hand, (0.05, 0.05), looks.skin)


def _carry(canvas: Canvas, pose: Pose) -> None:
    if pose.carried is not None:
        rise = 0.3 * (1 - pose.bend)
        away = 0.28 * math.copysign(1.0, pose.facing)
        SHAPES[pose.carried](canvas, (away, rise), np.random.default_rng(7))


def _reach(start: Point, angle: float, length_m: float) -> Point:
    """From a joint downward, the angle being to the right."""
    return start[0] + length_m * math.sin(angle), start[1] - length_m * math.cos(angle)
