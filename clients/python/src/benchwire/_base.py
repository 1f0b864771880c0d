"""How requests are sent: what the synchronous and the asynchronous client share."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal, Protocol
from urllib.parse import quote

import httpx

Answer = Literal["json", "text", "bytes"]


class ApiError(Exception):
    """The gateway refused a request (RFC 9457). `status` 0: it gave no answer."""

    def __init__(self, status: int, code: str, detail: str, request_id: str = "", issues: Any = ()) -> None:
        super().__init__(f"{code}: {detail}" + "".join(f"\n  {each['path']}: {each['message']}" for each in issues))
        self.status = status
        self.code = code
        self.detail = detail
        self.request_id = request_id
        self.issues: list[dict[str, str]] = list(issues)


class RunFailed(Exception):
    """A run that was waited for has ended with tasks that did not complete."""


class Sender(Protocol):
    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        content: bytes | None = None,
        answer: Answer = "json",
    ) -> Any: ...


class AsyncSender(Protocol):
    async def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        content: bytes | None = None,
        answer: Answer = "json",
    ) -> Any: ...


def part(value: str) -> str:
    """One step of a path."""
    return quote(value, safe="")


def find_gateway(url: str | None, key: str | None) -> tuple[str, str]:
    """The address and the key: those given, else BENCHWIRE_URL and BENCHWIRE_API_KEY.

    Raises ValueError that says which is missing.
    """
    found_url = url or os.environ.get("BENCHWIRE_URL")
    found_key = key or os.environ.get("BENCHWIRE_API_KEY")
    if not found_url:
        raise ValueError("pass url, or set BENCHWIRE_URL to the gateway's address, as `npm start` prints it")
    if not found_key:
        raise ValueError("pass key, or set BENCHWIRE_API_KEY: `bw key create NAME --role submitter` makes one")
    return found_url.rstrip("/"), found_key


def request_of(
    client: httpx.Client | httpx.AsyncClient,
    method: str,
    path: str,
    query: Mapping[str, Any] | None,
    body: Any,
    content: bytes | None,
) -> httpx.Request:
    parameters: list[tuple[str, str | int | float | bool | None]] = []
    for name, value in (query or {}).items():
        for each in value if isinstance(value, (list, tuple)) else [value]:
            if each is not None:
                parameters.append((name, str(each).lower() if isinstance(each, bool) else str(each)))
    if content is not None:
        headers = {"content-type": "application/octet-stream"}
        return client.build_request(method, path, params=parameters, content=content, headers=headers)
    if body is None:
        return client.build_request(method, path, params=parameters)
    return client.build_request(method, path, params=parameters, json=body)


def read_answer(response: httpx.Response, answer: Answer) -> Any:
    """What the gateway answered. Raises ApiError where that is a refusal."""
    if response.is_success:
        if answer == "bytes":
            return response.content
        if answer == "text":
            return response.text
        return response.json() if response.content else None
    try:
        problem = response.json()
        raise ApiError(
            response.status_code,
            problem["code"],
            problem["detail"],
            problem.get("request_id", ""),
            problem.get("issues", ()),
        )
    except (ValueError, KeyError, TypeError):
        status = response.status_code
        raise ApiError(status, f"HTTP_{status}", f"the answer was {status}, without a reason") from None


def unreachable(error: httpx.HTTPError) -> ApiError:
    return ApiError(0, "UNREACHABLE", f"the gateway does not answer: {error}")
