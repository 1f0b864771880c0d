"""JSON lines on a pipe of their own: standard output belongs to what models print."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

Message = dict[str, Any]

MAX_LINE_BYTES = 64 * 1024 * 1024


def encode(message: Mapping[str, Any]) -> bytes:
    """One line. A number that JSON does not have (NaN, infinity) is a mistake of the sender.

    Raises:
        ValueError: for such a number
    """
    return json.dumps(message, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def send(fd: int, message: Mapping[str, Any]) -> None:
    """Writes a whole line, waiting while the reader has no room."""
    view = memoryview(encode(message))
    while view:
        view = view[os.write(fd, view) :]


class Lines:
    """Takes pieces of bytes and gives back the whole lines among them."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The lines that `piece` completes, without their ends.

        Raises:
            ValueError: when a line is longer than MAX_LINE_BYTES
        """
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if len(self._rest) > MAX_LINE_BYTES:
            raise ValueError(f"a line is longer than {MAX_LINE_BYTES} bytes")
        yield from (line for line in lines if line.strip())


def decode(line: bytes) -> Message:
    """The object of a line.

    Raises:
        ValueError: when it is none
    """
    value = json.loads(line)
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        raise ValueError("not an object with a type")
    return value
