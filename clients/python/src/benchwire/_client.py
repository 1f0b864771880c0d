"""The clients: every route of the API, and waiting for runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any, TypeVar, cast

import httpx
from typing_extensions import Self

from ._base import Answer, ApiError, RunFailed, find_gateway, read_answer, request_of, unreachable
from ._operations import AsyncOperations, Operations
from .models import Run, Submitted

Page = TypeVar("Page", bound=Mapping[str, Any])

FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 5.0
ENDED = {"completed", "partly_failed", "failed", "cancelled"}


def _next_wait(seconds: float) -> float:
    return min(seconds * 1.5, LONGEST_WAIT_SECONDS)


def _ended(run: Run, must_complete: bool) -> bool:
    if run["status"] not in ENDED:
        return False
    if must_complete and run["status"] != "completed":
        counts = f"{run['completed']} of {run['total']} tasks completed"
        raise RunFailed(f"run {run['run_id']} ended as {run['status']}: {counts}")
    return True


def _started(answer: Any) -> Submitted:
    if "run_id" not in answer:
        raise ValueError("a dry run starts nothing: use post_runs(body, dry_run=True)")
    return cast("Submitted", answer)


def _is_stored_later(error: ApiError) -> bool:
    # A run that was accepted this moment is not stored yet.
    return error.status == 404


class Client(Operations):
    """A gateway's API. `with Client(url, key) as client:` closes its connections."""

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        timeout_seconds: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        found_url, found_key = find_gateway(url, key)
        headers = {"authorization": f"Bearer {found_key}"}
        self._http = httpx.Client(base_url=found_url, headers=headers, timeout=timeout_seconds, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        content: bytes | None = None,
        answer: Answer = "json",
    ) -> Any:
        try:
            response = self._http.send(request_of(self._http, method, path, query, body, content))
        except httpx.HTTPError as error:
            raise unreachable(error) from error
        return read_answer(response, answer)

    def start(self, request: Mapping[str, Any]) -> str:
        """Starts a run. Returns its id."""
        return _started(self.post_runs(request))["run_id"]

    def wait(self, run_id: str, *, timeout_seconds: float | None = None, must_complete: bool = False) -> Run:
        """Waits until a run has ended. Raises TimeoutError, and with `must_complete` RunFailed."""
        until = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        wait = FIRST_WAIT_SECONDS
        while True:
            try:
                run = self.get_run(run_id)
                if _ended(run, must_complete):
                    return run
            except ApiError as error:
                if not _is_stored_later(error):
                    raise
            if until is not None and time.monotonic() + wait > until:
                raise TimeoutError(f"run {run_id} has not ended within {timeout_seconds} s")
            time.sleep(wait)
            wait = _next_wait(wait)

    def pages(self, ask: Callable[..., Page], *args: Any, **query: Any) -> Iterator[Any]:
        """Every item of a list with pages: `client.pages(client.get_runs, branch="main")`."""
        cursor: str | None = None
        while True:
            page = ask(*args, **query, cursor=cursor)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return


class AsyncClient(AsyncOperations):
    """The same to be awaited: `async with AsyncClient(url, key) as client:`."""

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        timeout_seconds: float = 60.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        found_url, found_key = find_gateway(url, key)
        headers = {"authorization": f"Bearer {found_key}"}
        self._http = httpx.AsyncClient(
            base_url=found_url, headers=headers, timeout=timeout_seconds, transport=transport
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        content: bytes | None = None,
        answer: Answer = "json",
    ) -> Any:
        try:
            response = await self._http.send(request_of(self._http, method, path, query, body, content))
        except httpx.HTTPError as error:
            raise unreachable(error) from error
        return read_answer(response, answer)

    async def start(self, request: Mapping[str, Any]) -> str:
        """Starts a run. Returns its id."""
        return _started(await self.post_runs(request))["run_id"]

    async def wait(self, run_id: str, *, timeout_seconds: float | None = None, must_complete: bool = False) -> Run:
        """Waits until a run has ended. Raises TimeoutError, and with `must_complete` RunFailed."""
        until = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        wait = FIRST_WAIT_SECONDS
        while True:
            try:
                run = await self.get_run(run_id)
                if _ended(run, must_complete):
                    return run
            except ApiError as error:
                if not _is_stored_later(error):
                    raise
            if until is not None and time.monotonic() + wait > until:
                raise TimeoutError(f"run {run_id} has not ended within {timeout_seconds} s")
            await asyncio.sleep(wait)
            wait = _next_wait(wait)

    async def pages(self, ask: Callable[..., Awaitable[Page]], *args: Any, **query: Any) -> AsyncIterator[Any]:
        """Every item of a list with pages."""
        cursor: str | None = None
        while True:
            page = await ask(*args, **query, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page["next_cursor"]
            if cursor is None:
                return
