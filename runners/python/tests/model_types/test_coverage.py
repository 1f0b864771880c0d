# ruff: noqa: E402  what is imported needs PyTorch
"""Types of all families come as far as the repository has recorded: a release that makes one fall back has to note it."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
if not torch.cuda.is_available():
    torch.cuda.is_current_stream_capturing = lambda: False

from benchwire_runner.model_types import coverage
from benchwire_runner.model_types.reached import STAGES
from benchwire_runner.model_types.recipe import stored_recipes
from benchwire_runner.model_types.stages import reach

RECORDED = Path(__file__).parents[4] / "shared" / "catalogue" / "model-coverage.json"
COUNT = 24


def sample() -> list[str]:
    """Evenly over the names of those that run, without the largest: each takes a fraction of a second."""
    recorded = json.loads(RECORDED.read_text())["types"]
    small = [
        name
        for name, found in sorted(recorded.items())
        if STAGES.index(found["stage"]) >= STAGES.index("forward") and found.get("parameters", 0) < 20_000_000
    ]
    return small[:: max(1, len(small) // COUNT)][:COUNT]


@pytest.mark.parametrize("model_type", sample())
def test_comes_as_far_as_recorded(model_type: str) -> None:
    assert model_type in stored_recipes()
    reached = reach(model_type, export=False, search=False)
    assert (reached.stage, reached.reason) == ("forward", "")
    assert reached.parameters
    assert reached.versions["transformers"]


def test_a_child_that_ends_by_a_signal_while_it_exports_says_so() -> None:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writer, b'{"type": "bert", "stage": "forward", "reason": "", "peak_memory_mb": 9}\n')
        os.kill(os.getpid(), signal.SIGKILL)
    os.close(writer)
    os.set_blocking(reader, False)
    child = coverage.Child("bert", pid, reader, time.monotonic())
    line = None
    while line is None:
        line = coverage._look_at(child)
    assert (line["stage"], line["reason"]) == ("forward", "the process ended with signal 9")
    assert line["peak_memory_mb"] == 9


def test_a_child_that_is_ended_while_it_exports_has_said_what_came_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "CPU_SECONDS", 0.1)
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writer, b'{"type": "bert", "stage": "forward", "parameters": 7}\n{"type": "be')
        while True:
            pass
    os.close(writer)
    os.set_blocking(reader, False)
    child = coverage.Child("bert", pid, reader, time.monotonic())
    line = None
    while line is None:
        line = coverage._look_at(child)
    assert (line["stage"], line["parameters"]) == ("forward", 7)
    assert line["reason"] == "more than 0.1 s of processor time"


def test_an_export_is_tried_with_the_plain_attention_where_the_fast_one_loses_its_mask() -> None:
    reached = reach("aimv2_text_model", export=True, search=False)
    assert (reached.stage, (reached.recipe or {})["export"]) == ("equal", "plain kernels")


def test_an_exporter_that_computes_inputs_outside_of_the_graph_gives_them_to_the_comparison() -> None:
    reached = reach("blip_2_qformer", export=True, search=False)
    assert (reached.stage, reached.reason) == ("equal", "")
