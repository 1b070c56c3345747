"""Reading what the camera room keeps: in worker threads, one short-lived read-only connection a
request."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import anyio.to_thread

from appliance.camera import queries
from appliance.service.errors import DatabaseMissing, SchemaMismatch
from appliance.service.repair import is_damage
from appliance.web.errors import FootageUnreadable

P = ParamSpec("P")
T = TypeVar("T")


class Footage:
    """Events and recordings as the page reads them; works whether cameras run or not."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the camera room's."""
        self.folder = folder

    async def read(
        self,
        query: Callable[Concatenate[sqlite3.Connection, P], T],
        empty: T,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Runs a query, or a function that runs several, in a worker thread; `empty` while there
        has never been a camera. Raises FootageUnreadable."""
        return await anyio.to_thread.run_sync(lambda: self._run(query, empty, *args, **kwargs))

    def _run(
        self,
        query: Callable[Concatenate[sqlite3.Connection, P], T],
        empty: T,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        try:
            with queries.opened(self.folder) as reader:
                return query(reader, *args, **kwargs)
        except DatabaseMissing:
            return empty
        except SchemaMismatch as error:
            raise FootageUnreadable(str(error), error.mend) from error
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                raise FootageUnreadable.damaged() from error
            raise FootageUnreadable.busy() from error
