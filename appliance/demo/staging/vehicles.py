"""Cars and bicycles that drive."""

import math

from appliance.demo.staging.canvas import Area, Canvas, Frame, Point, shade
from appliance.demo.staging.looks import Looks, Pose, darker
from appliance.demo.staging.things import WHEEL_M, draw_bicycle_alone


def draw_vehicle(frame: Frame, foot: Point, scale: float, looks: Looks, pose: Pose) -> None:
    """`foot` in pixels, `scale` in pixels a metre."""
    scale *= looks.size
    shade(frame, foot, (2.5 * scale, 0.35 * scale))
    way = 1 if pose.facing >= 0 else -1
    canvas = Canvas(foot, scale, Area(2.4, 1.7, 0.15))

    def place(x: float, y: float) -> Point:
        return x * way, y

    roof = [(-1.5, 0.85), (-1.05, 1.42), (0.45, 1.45), (1.05, 0.88)]
    body = [(-2.1, 0.3), (-2.1, 0.8), (-1.5, 0.9), (1.05, 0.9), (1.95, 0.72), (2.1, 0.3)]
    canvas.shape([place(*each) for each in roof], darker(looks.top, 0.92))
    canvas.shape([place(*each) for each in body], looks.top)
    for pane in (
        [(-1.3, 0.9), (-0.98, 1.34), (-0.35, 1.36), (-0.35, 0.9)],
        [(-0.25, 0.9), (-0.25, 1.36), (0.4, 1.37), (0.85, 0.9)],
    ):
        canvas.shape([place(*each) for each in pane], (75, 65, 58))
    canvas.limb([place(-2.05, 0.4), place(2.05, 0.4)], 0.08, darker(looks.top, 0.6))
    canvas.limb([place(-0.3, 0.4), place(-0.3, 0.88)], 0.03, darker(looks.top, 0.6))
    canvas.disc(place(1.93, 0.62), (0.1, 0.07), (215, 225, 230))
    canvas.disc(place(-2.0, 0.68), (0.07, 0.08), (40, 40, 180))
    for axle in (-1.3, 1.3):
        centre = place(axle, WHEEL_M - 0.02)
        canvas.disc(centre, (WHEEL_M, WHEEL_M), (28, 28, 28))
        canvas.disc(centre, (0.2, 0.2), (150, 150, 150))
        for spoke in range(5):
            turn = pose.stride / WHEEL_M * -way + spoke * 2 * math.pi / 5
            tip = (centre[0] + 0.18 * math.cos(turn), centre[1] + 0.18 * math.sin(turn))
            canvas.limb([centre, tip], 0.05, (60, 60, 60))
    canvas.lay(frame, looks.seed)


def draw_bicycle(frame: Frame, foot: Point, scale: float, looks: Looks, pose: Pose) -> None:
    """With its rider."""
    shade(frame, foot, (0.9 * scale, 0.12 * scale))
    way = 1 if pose.facing >= 0 else -1
    canvas = Canvas(foot, scale, Area(1.1, 1.95))
    turn = -way * pose.stride / 0.8
    draw_bicycle_alone(canvas, (0.0, 0.0), way, turn)
    hip, neck = (-0.22 * way, 1.0), (0.12 * way, 1.5)
    for half, colour in ((math.pi, darker(looks.legs, 0.8)), (0.0, looks.legs)):
        pedal = (
            -0.03 * way + 0.17 * math.cos(turn + half),
            0.34 + 0.17 * math.sin(turn + half),
        )
        knee = ((hip[0] + pedal[0]) / 2 + 0.22 * way, (hip[1] + pedal[1]) / 2 + 0.1)
        canvas.limb([hip, knee, pedal], 0.14, colour)
    canvas.limb([hip, neck], 0.26, looks.top)
    canvas.limb([(neck[0], neck[1] - 0.08), (0.3 * way, 1.2), (0.45 * way, 1.05)], 0.09, looks.top)
    head = (neck[0] + 0.07 * way, neck[1] + 0.2)
    canvas.disc(head, (0.1, 0.13), looks.skin)
    canvas.disc((head[0] - 0.03 * way, head[1] + 0.06), (0.11, 0.09), looks.hair)
    canvas.lay(frame, looks.seed)
