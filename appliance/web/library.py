"""Reading the albums database: in worker threads, one short-lived read-only connection a
request."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import anyio.to_thread

from appliance.albums import queries

P = ParamSpec("P")
T = TypeVar("T")

WORKERS = 4
"""Threads that read files and the database; more would cost memory and not time on a small
board."""


class Library:
    """The household's library as the page reads it; works whether albums runs or not."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the albums folder."""
        self._folder = folder

    async def read(
        self,
        query: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Runs a query, or a function that runs several, in a worker thread.

        Raises DatabaseMissing, SchemaMismatch, sqlite3.OperationalError.
        """
        return await anyio.to_thread.run_sync(lambda: self._run(query, *args, **kwargs))

    def _run(
        self,
        query: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        connection = queries.open_library(self._folder)
        try:
            return query(connection, *args, **kwargs)
        finally:
            connection.close()
