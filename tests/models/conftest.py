"""A server whose connections can be made to break, and a catalogue of what it serves."""

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
import tomlkit

from appliance.models.catalogue import Entry, ModelFile, Source
from appliance.models.sources.https import HttpsFile
from appliance.models.store import Store


@dataclass
class FileServer:
    """Serves bytes by path; knows ranges unless told otherwise."""

    files: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    ranges: bool = True
    break_after_bytes: int | None = None
    """Each body ends after so many bytes, in the middle of the connection."""
    breaks: int = 1_000_000
    """How many bodies still break."""
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    sent_bytes: int = 0
    port: int = 0

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@pytest.fixture
def server() -> Iterator[FileServer]:
    state = FileServer()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            state.requests.append((self.path, asked))
            body = state.files.get(self.path)
            if body is None:
                self.send_error(404)
                return
            first, last = 0, len(body) - 1
            if asked and state.ranges:
                begin, end = re.fullmatch(r"bytes=(\d*)-(\d*)", asked).groups()
                if not begin:
                    first = max(0, len(body) - int(end))
                else:
                    first, last = int(begin), min(int(end) if end else last, last)
                if first > last:
                    self.send_error(416)
                    return
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(body)}")
            else:
                self.send_response(200)
            part = body[first : last + 1]
            self.send_header("Content-Type", state.types.get(self.path, "application/octet-stream"))
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            if state.break_after_bytes is not None and state.breaks > 0:
                if len(part) > state.break_after_bytes:
                    state.breaks -= 1
                part = part[: state.break_after_bytes]
            state.sent_bytes += len(part)
            self.wfile.write(part)

    http_server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.port = http_server.server_port
    thread = threading.Thread(target=http_server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    http_server.shutdown()
    thread.join()
    http_server.server_close()


MakeEntry = Callable[..., Entry]
MakeStore = Callable[..., Store]


@pytest.fixture
def make_entry(server: FileServer) -> MakeEntry:
    """Makes an entry whose file the server serves, or that has the given source."""

    def make(name: str, content: bytes, source: Source | None = None, **more: object) -> Entry:
        path = f"/{name}.tflite"
        server.files.setdefault(path, content)
        file = ModelFile(
            name=f"{name}.tflite",
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
            source=source or HttpsFile(server.address(path)),
        )
        facts: dict[str, Any] = {
            "name": name,
            "task": "face embedding",
            "runtime": "litert",
            "files": (file,),
            "licence": "MIT",
            "provenance": "made by this test",
            "training_data": "none",
            "redistributable": True,
            "input": "1x112x112x3",
            "output": "1x4",
            "rank": 1,
        }
        return Entry(**(facts | more))

    return make


@pytest.fixture
def make_store(tmp_path: Path) -> MakeStore:
    """Makes a store with a catalogue of these entries."""

    def make(*entries: Entry, folder: Path | None = None) -> Store:
        path = tmp_path / "catalogue.toml"
        path.write_text(tomlkit.dumps({"model": [msgspec.to_builtins(item) for item in entries]}))
        return Store(folder or tmp_path / "models", path)

    return make


def ignore_progress(done_bytes: int, total_bytes: int | None) -> None:
    """For fetches whose progress is not looked at."""


@pytest.fixture
def quiet() -> Callable[[int, int | None], None]:
    return ignore_progress
