"""A camera on the network: GStreamer's RTSP server, run by the system's Python (which has `gi`).

rtsp_server.py PORT NAME=CODEC:FILE ...

Each file is served for ever on rtsp://127.0.0.1:PORT/NAME, frame by frame at 25 a second. It holds
the stream's access units, each behind its length in four bytes (`tests/camera/films.py` makes it).
With an account in the environment (`USER_NAME`, `PASSWORD`) only that may watch. Prints `ready`.
"""

# ruff: noqa: ANN001, ANN201, ANN202, ANN204, PTH123, T201
# mypy: ignore-errors
import os
import struct
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

RATE = 25
PAYLOADERS = {"h264": "rtph264pay", "h265": "rtph265pay"}


def read_units(path):
    with open(path, "rb") as file:
        data = file.read()
    units, at = [], 0
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        units.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return units


class Film(GstRtspServer.RTSPMediaFactory):
    """One film; each viewer has its own beginning."""

    def __init__(self, codec, path):
        super().__init__()
        self._units = read_units(path)
        caps = f"video/x-{codec},stream-format=byte-stream,alignment=au,framerate={RATE}/1"
        self.set_launch(
            f"( appsrc name=source is-live=true format=time block=false caps={caps} "
            f"! {PAYLOADERS[codec]} name=pay0 pt=96 config-interval=1 )"
        )
        self.connect("media-configure", self._configure)

    def _configure(self, _, media):
        source = media.get_element().get_by_name("source")
        state = {"number": 0}

        def push():
            number = state["number"]
            buffer = Gst.Buffer.new_wrapped(self._units[number % len(self._units)])
            buffer.duration = Gst.SECOND // RATE
            buffer.pts = buffer.dts = number * Gst.SECOND // RATE
            state["number"] = number + 1
            return source.emit("push-buffer", buffer) == Gst.FlowReturn.OK

        timer = GLib.timeout_add(1000 // RATE, push)
        media.connect("unprepared", lambda _: GLib.source_remove(timer))


def main():
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_service(sys.argv[1])
    server.set_address("127.0.0.1")
    user = os.environ.get("USER_NAME")
    if user:
        authentication = GstRtspServer.RTSPAuth()
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        basic = GstRtspServer.RTSPAuth.make_basic(user, os.environ["PASSWORD"])
        authentication.add_basic(basic, token)
        server.set_auth(authentication)
    for film in sys.argv[2:]:
        name, _, what = film.partition("=")
        codec, _, path = what.partition(":")
        factory = Film(codec, path)
        if user:
            permissions = GstRtspServer.RTSPPermissions()
            permissions.add_permission_for_role("viewer", "media.factory.access", True)
            permissions.add_permission_for_role("viewer", "media.factory.construct", True)
            factory.set_permissions(permissions)
        server.get_mount_points().add_factory(f"/{name}", factory)
    server.attach(None)
    print("ready", flush=True)
    GLib.MainLoop().run()


main()
