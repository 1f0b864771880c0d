import json

import pytest

from benchwire_runner.protocol import Lines, decode, encode


def test_lines_come_out_whole_however_the_bytes_are_cut() -> None:
    messages = [{"type": "done", "id": "ä" * n} for n in range(5)]
    data = b"".join(encode(message) for message in messages)
    for size in (1, 2, 3, 7, len(data)):
        lines = Lines()
        read = [decode(line) for at in range(0, len(data), size) for line in lines.feed(data[at : at + size])]
        assert read == messages


def test_a_number_that_json_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError):
        encode({"type": "window", "latencies_ms": [float("nan")]})


@pytest.mark.parametrize("line", [b"[]", b"{}", b'{"type":1}', b"garbage", b'"text"'])
def test_what_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        decode(line)


def test_a_message_is_one_line() -> None:
    assert encode({"type": "progress", "phase": "a\nb"}).count(b"\n") == 1
    assert json.loads(encode({"type": "progress", "phase": "a\nb"}))["phase"] == "a\nb"
