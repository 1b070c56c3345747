"""Watching in a child process: packets in; what was seen, pictures of it and what was learned
out."""

import time
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from av.video.stream import VideoStream

from appliance.camera.box import Box
from appliance.camera.children import protocol
from appliance.camera.children.alignment import Alignment
from appliance.camera.seeing.assessment import Assessment, Kind
from appliance.camera.seeing.marking import jpeg_of, mark
from appliance.camera.streams.decoding import Decoder
from appliance.camera.streams.pictures import Image, Picture
from appliance.camera.streams.stream import VideoPacket
from appliance.camera.streams.timestamps import Repair
from appliance.camera.usual.analysis import Analysis

SEEN_S = 0.2
"""How often something is said at most while nothing becomes unusual."""
KEEP_EVERY_S = 0.25
KEPT_S = 1.5
"""Pictures are kept until their assessments have come: `analysis.LOOK_AHEAD_S` and a little."""
LEARNED_S = 60.0
FROZEN_S = 60.0
FROZEN_KEY_FRAMES = 3
"""Noise of a sensor makes each key frame another one; the same picture again and again is none of a
camera that sees."""
BETTER = 0.05
"""By how much a score must rise to be worth another snapshot."""
CALM_S = 3.0
WHOLE = Box(0.0, 0.0, 1.0, 1.0)
Send = Callable[[protocol.Report], None]


@dataclass(frozen=True, eq=False)
class _Kept:
    at_s: float
    time_s: float
    image: Image


class Watching:
    """One stream. In one thread."""

    def __init__(
        self,
        analysis: Analysis,
        send: Send,
        alignment: Alignment,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._analysis = analysis
        self._send = send
        self._alignment = alignment
        self._clock = clock
        self._repair: Repair | None = None
        self._decoder: Decoder | None = None
        self._picture: Picture | None = None
        self._kept: deque[_Kept] = deque()
        self._moving = False
        self._most: Assessment | None = None
        """The most unusual of what was not told yet."""
        self._told_s = 0.0
        self._shown_score = 0.0
        self._unusual_s = 0.0
        self._learned_s = clock()
        self._still = _Stillness()

    @property
    def frozen(self) -> bool:
        return self._still.frozen

    def open(self, video: VideoStream) -> None:
        self._decoder = Decoder(video)
        self._repair = Repair(float(1 / (video.time_base or 1 / 90_000)))

    def add(self, packet: VideoPacket) -> None:
        """Takes the next packet."""
        if self._decoder is None or self._repair is None:
            return
        packet.dts, packet.pts = self._repair.mend(packet.dts, packet.pts)
        for picture in self._decoder.decode(packet):
            self._see(picture)
        if self._clock() - self._learned_s >= LEARNED_S:
            self._tell_learned()

    def obey(self, order: protocol.Order) -> None:
        if isinstance(order, protocol.TakePicture):
            self._show()
        elif isinstance(order, protocol.Judge):
            judge = self._analysis.accept if order.verdict == "normal" else self._analysis.watch
            boxes = [Box(each.x, each.y, each.width, each.height) for each in order.places]
            numbers = tuple(judge(Kind(order.kind), box) for box in boxes)
            self._send(protocol.Judged(order.reference, numbers))
            self._tell_learned()
        elif isinstance(order, protocol.TakeBack):
            for number in order.numbers:
                self._analysis.take_back(number)
            self._tell_learned()

    def close(self) -> None:
        """The assessments that are due, and what was learned."""
        for assessment in self._analysis.finish():
            self._tell(assessment)
        self._tell_learned()

    def _see(self, picture: Picture) -> None:
        now_s = self._clock()
        self._alignment.add(picture.time_s)
        self._still.add(picture, now_s)
        self._picture = picture
        if self._moving:
            self._keep(picture)
        for assessment in self._analysis.add(picture):
            self._tell(assessment)

    def _keep(self, picture: Picture) -> None:
        time_s = picture.time_s
        if self._kept and time_s - self._kept[-1].time_s < KEEP_EVERY_S:
            return
        while self._kept and not 0 <= time_s - self._kept[0].time_s <= KEPT_S:
            self._kept.popleft()
        self._kept.append(
            _Kept(self._alignment.at(time_s), time_s, mark(picture.colour(WHOLE), None))
        )

    def _tell(self, assessment: Assessment) -> None:
        """At once what becomes unusual, else the most unusual of a few pictures."""
        rises = assessment.moving != self._moving or (
            assessment.unusual and not (self._most is not None and self._most.unusual)
        )
        self._moving = assessment.moving
        if self._most is None or assessment.score >= self._most.score:
            self._most = assessment
        if assessment.unusual:
            self._take_snapshot(assessment)
        now_s = self._clock()
        if not rises and now_s - self._told_s < SEEN_S:
            return
        most, self._most, self._told_s = self._most, None, now_s
        self._send(self._seen(most, moving=assessment.moving or most.moving))

    def _seen(self, most: Assessment, *, moving: bool) -> protocol.Seen:
        there = {track.kind for track in most.tracks} | {each.kind for each in most.present}
        kinds = tuple(sorted(kind.value for kind in there))[:16]
        reason = most.reason
        return protocol.Seen(
            at_s=self._alignment.at(most.time_s),
            score=min(1.0, max(0.0, float(most.score))),
            moving=moving,
            kinds=kinds,
            kind="" if most.kind is None else most.kind.value,
            place=None if most.box is None else _place(most.box),
            cause="" if reason is None else reason.cause.value,
            sentence="" if reason is None else reason.sentence[:400],
        )

    def _take_snapshot(self, assessment: Assessment) -> None:
        now_s = self._clock()
        if now_s - self._unusual_s > CALM_S:
            self._shown_score = 0.0
        self._unusual_s = now_s
        if assessment.score < self._shown_score + BETTER:
            return
        image = self._image_of(assessment.time_s)
        if image is None:
            return
        self._shown_score = assessment.score
        jpeg = jpeg_of(mark(image, assessment.box))
        self._send(protocol.Snapshot(self._alignment.at(assessment.time_s), jpeg))

    def _image_of(self, time_s: float) -> Image | None:
        """The picture that was kept nearest to that time, or the last one."""
        if self._kept:
            return min(self._kept, key=lambda kept: abs(kept.time_s - time_s)).image
        return None if self._picture is None else self._picture.colour(WHOLE)

    def _show(self) -> None:
        if self._picture is not None:
            self._send(protocol.Live(jpeg_of(mark(self._picture.colour(WHOLE), None))))

    def _tell_learned(self) -> None:
        self._learned_s = self._clock()
        state = self._analysis.state()
        if len(state) <= protocol.STATE_LIMIT_BYTES:
            self._send(protocol.Learned(state, self._analysis.drawing()))


class _Stillness:
    """Whether the picture is the same again and again."""

    def __init__(self) -> None:
        self._checksum = -1
        self._since_s = 0.0
        self._key_frames = 0
        self.frozen = False

    def add(self, picture: Picture, now_s: float) -> None:
        checksum = zlib.crc32(picture.grey[::8, ::8].tobytes())
        if checksum != self._checksum:
            self._checksum, self._since_s, self._key_frames = checksum, now_s, 0
        self._key_frames += picture.key_frame
        self.frozen = now_s - self._since_s >= FROZEN_S and self._key_frames >= FROZEN_KEY_FRAMES


def _place(box: Box) -> protocol.Place:
    return protocol.Place(
        *(min(2.0, max(-1.0, float(each))) for each in (box.x, box.y, box.width, box.height))
    )
