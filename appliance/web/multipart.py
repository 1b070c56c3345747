"""Multipart forms with files, read as a stream into the spool: nothing is kept in memory or in
/tmp."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import anyio.to_thread
from starlette.exceptions import HTTPException

from appliance.web.uploads import BUFFER_BYTES, Spool, SpoolFile

HEADER_BYTES = 4096


@dataclass
class _Part:
    """A part of the form under way."""

    headers: dict[str, str]
    file: SpoolFile | None = None


class Receiver:
    """Takes every file of a form; fields that are no files are skipped."""

    def __init__(self, spool: Spool, content_type: str) -> None:
        """Raises HTTPException 400 when `content_type` is not that of such a form."""
        import python_multipart  # needed by few requests: not at start
        from python_multipart.multipart import parse_options_header

        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise HTTPException(400)
        self._parse_options = parse_options_header
        self._error = python_multipart.exceptions.FormParserError
        try:
            self._parser = python_multipart.MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._header_field,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_finished,
                    "on_part_data": self._data,
                    "on_part_end": self._end,
                },
            )
        except self._error:  # a boundary of no sane length
            raise HTTPException(400) from None
        self._spool = spool
        self._part = _Part({})
        self._name = b""
        self._value = b""
        self._buffer = bytearray()
        self.taken = 0

    async def receive(self, chunks: AsyncIterator[bytes]) -> int:
        """The number of files taken. Raises UploadRefused; the files before the refused one are
        taken."""
        try:
            async for chunk in chunks:
                await anyio.to_thread.run_sync(self._parser.write, chunk)
            await anyio.to_thread.run_sync(self._parser.finalize)
        except self._error:
            raise HTTPException(400) from None
        finally:
            if self._part.file is not None:
                self._part.file.abandon()
        return self.taken

    def _begin(self) -> None:
        self._part = _Part({})

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]
        self._check_headers()

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._check_headers()

    def _check_headers(self) -> None:
        if len(self._name) + len(self._value) > HEADER_BYTES or len(self._part.headers) > 8:
            raise HTTPException(400)

    def _header_end(self) -> None:
        name = self._name.decode("latin-1").lower()
        self._part.headers[name] = self._value.decode(
            "latin-1"
        )  # byte by byte, as the parser has it
        self._name = self._value = b""

    def _headers_finished(self) -> None:
        _, options = self._parse_options(self._part.headers.get("content-disposition", ""))
        name = options.get(b"filename", b"").decode("utf-8", "replace")
        if name:
            self._part.file = self._spool.open(name)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._part.file is None:
            return
        self._buffer += data[start:end]
        if len(self._buffer) >= BUFFER_BYTES:
            self._flush(self._part.file)

    def _flush(self, file: SpoolFile) -> None:
        file.write(bytes(self._buffer))
        self._buffer.clear()

    def _end(self) -> None:
        if self._part.file is None:
            return
        self._flush(self._part.file)
        self._part.file.commit()
        self._part.file = None
        self.taken += 1
