"""The clients against a server in this process: what they send, and what they make of answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from benchwire import ApiError, AsyncClient, Client, RunFailed

Handler = Callable[[httpx.Request], httpx.Response]


def client_of(handler: Handler) -> Client:
    return Client("http://gateway/", "bw_key", transport=httpx.MockTransport(handler))


def run(status: str) -> dict[str, Any]:
    return {"run_id": "r", "status": status, "total": 2, "completed": 2 if status == "completed" else 1}


def problem(status: int, code: str, **more: Any) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "detail": "no", "request_id": "q", **more})


def test_sends_the_key_the_query_and_the_body() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"items": [], "next_cursor": None})

    with client_of(answer) as client:
        client.get_findings(states=["confirmed", "suspected"], descending=False, search="a b")
        client.post_finding_dismiss("a/b", {"reason": "noise"})
        client.put_file("ab", b"\x00\x01")
    findings, dismiss, upload = sent
    assert findings.headers["authorization"] == "Bearer bw_key"
    assert findings.url.params.get_list("states") == ["confirmed", "suspected"]
    assert findings.url.params["descending"] == "false"
    assert "run_id" not in findings.url.params
    assert dismiss.url.raw_path == b"/api/findings/a%2Fb/dismiss"
    assert json.loads(dismiss.content) == {"reason": "noise"}
    assert upload.content == b"\x00\x01"
    assert upload.headers["content-type"] == "application/octet-stream"


def test_a_refusal_is_an_error_with_its_reason() -> None:
    issues = [{"path": "tasks[0]", "code": "x", "message": "is missing"}]
    expected = r"REQUEST_INVALID: no\n  tasks\[0\]: is missing"
    refusing = client_of(lambda _: problem(422, "REQUEST_INVALID", issues=issues))
    with refusing as client, pytest.raises(ApiError, match=expected) as caught:
        client.start({})
    assert (caught.value.status, caught.value.code, caught.value.request_id) == (422, "REQUEST_INVALID", "q")
    with client_of(lambda _: httpx.Response(502, text="<html>")) as client, pytest.raises(ApiError, match="HTTP_502"):
        client.get_runs()


def test_no_answer_is_an_error_too() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with client_of(fail) as client, pytest.raises(ApiError, match="UNREACHABLE") as caught:
        client.get_runs()
    assert caught.value.status == 0


def states(*statuses: str | None) -> Handler:
    """Answers one after the other; None for a run that is not stored yet."""
    left = list(statuses)

    def answer(_: httpx.Request) -> httpx.Response:
        status = left.pop(0) if len(left) > 1 else left[0]
        return problem(404, "NOT_FOUND") if status is None else httpx.Response(200, json=run(status))

    return answer


def test_waits_until_a_run_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    with client_of(states(None, "running", "completed")) as client:
        assert client.wait("r")["status"] == "completed"
    with client_of(states("running", "failed")) as client:
        assert client.wait("r")["status"] == "failed"
    with client_of(states("partly_failed")) as client, pytest.raises(RunFailed, match="1 of 2 tasks completed"):
        client.wait("r", must_complete=True)
    with client_of(states("running")) as client, pytest.raises(TimeoutError, match="has not ended within 0 s"):
        client.wait("r", timeout_seconds=0)


def test_follows_pages() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        cursor = request.url.params.get("cursor")
        assert request.url.params["branch"] == "main"
        items = [{"run_id": cursor or "first"}]
        return httpx.Response(200, json={"items": items, "next_cursor": "second" if cursor is None else None})

    with client_of(answer) as client:
        assert [each["run_id"] for each in client.pages(client.get_runs, branch="main")] == ["first", "second"]


def test_the_asynchronous_client_does_the_same() -> None:
    async def use() -> list[str]:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.method == "POST":
                return httpx.Response(202, json={"run_id": "r", "task_count": 1, "duplicate": False})
            if request.url.path == "/api/runs/r":
                return httpx.Response(200, json=run("completed"))
            return httpx.Response(200, json={"items": [{"task_id": "a"}], "next_cursor": None})

        async with AsyncClient("http://gateway", "bw_key", transport=httpx.MockTransport(answer)) as client:
            run_id = await client.start({"tasks": []})
            assert (await client.wait(run_id, must_complete=True))["status"] == "completed"
            return [each["task_id"] async for each in client.pages(client.get_run_tasks, run_id)]

    assert asyncio.run(use()) == ["a"]


def test_says_what_is_not_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BENCHWIRE_URL", raising=False)
    monkeypatch.delenv("BENCHWIRE_API_KEY", raising=False)
    with pytest.raises(ValueError, match="BENCHWIRE_URL"):
        Client()
    with pytest.raises(ValueError, match="BENCHWIRE_API_KEY"):
        Client("http://gateway")
    monkeypatch.setenv("BENCHWIRE_URL", "http://gateway")
    monkeypatch.setenv("BENCHWIRE_API_KEY", "bw_key")
    Client().close()
