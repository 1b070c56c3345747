"""pip as a library: where a wheel lies, and requests in pip's own session.

pip promises no stable interface; what is used here has been the same from 20.3 on, and `pip index`
and pip-tools rest on it too.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from appliance.models.sources.source import SourceFailed
from appliance.models.sources.transfer import CHUNK_BYTES, Interrupted

MEND = "python -m ensurepip --upgrade"


class PipClient:
    """Asks the index that pip is configured for."""

    def __init__(self) -> None:
        """Raises SourceFailed when there is no pip."""
        # Its hints ("location is ignored", "new release") are for people who type pip.
        logging.getLogger("pip").setLevel(logging.ERROR)
        with warnings.catch_warnings():
            # What pip carries inside warns about its own age.
            warnings.simplefilter("ignore", DeprecationWarning)
            try:
                from pip._internal.commands import create_command
            except ImportError as error:
                raise SourceFailed("pip is not installed", MEND) from error
            command: Any = create_command("download")
            self._command = command
            self._options, _ = command.parse_args(["--no-deps", "--quiet", "-"])
            self._session: Any = command._build_session(self._options)  # noqa: SLF001  # see above

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()

    def find(self, package: str, version: str) -> str:
        """The address of the wheel that suits this machine. Raises SourceFailed."""
        from pip._internal.exceptions import PipError
        from pip._vendor.packaging.specifiers import SpecifierSet
        from pip._vendor.requests.exceptions import RequestException

        build = self._command._build_package_finder  # noqa: SLF001  # see above
        finder = build(self._options, self._session)
        finder.format_control.only_binary.add(package)
        try:
            found = finder.find_best_candidate(package, SpecifierSet(f"=={version}"))
        except (PipError, RequestException) as error:
            raise SourceFailed(f"pip cannot ask its index for {package} ({error})") from error
        if found.best_candidate is None:
            raise SourceFailed(
                f"pip's index has no wheel of {package} {version} for this machine",
                "python -m pip config list  # is the index right, and does the network work?",
            )
        return str(found.best_candidate.link.url_without_fragment)

    @contextmanager
    def get(self, address: str, ranges: str | None) -> Iterator[Any]:
        """An answer of 200 or 206, its body not yet read. Raises SourceFailed and Interrupted."""
        from pip._vendor.requests.exceptions import RequestException

        headers = {"Accept-Encoding": "identity", "Cache-Control": "no-cache"}
        if ranges:
            headers["Range"] = ranges
        try:
            response = self._session.get(address, headers=headers, stream=True)
        except RequestException as error:
            raise Interrupted(f"{address} cannot be reached ({error})") from error
        with response:
            if response.status_code not in (200, 206):
                raise SourceFailed(f"the server answers {response.status_code} for {address}")
            try:
                yield response
            except RequestException as error:
                raise Interrupted(f"the connection broke ({error})") from error

    def chunks(self, response: Any) -> Iterator[bytes]:  # noqa: ANN401  # pip has no types
        """The body as it arrives. Raises Interrupted."""
        from pip._vendor.requests.exceptions import RequestException

        try:
            yield from response.iter_content(CHUNK_BYTES)
        except RequestException as error:
            raise Interrupted(f"the connection broke ({error})") from error
