# ruff: noqa: E402  what is imported needs PyTorch
"""Tracing fixes what depends on values, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")

from benchwire_runner.model_types.onnx_outputs import input_names, run_onnx
from benchwire_runner.model_types.ties import draw_constant_weights, indeterminate
from benchwire_runner.model_types.traced import export_traced, export_traced_by_fx
from benchwire_runner.model_types.traced_rules import RULES


class Selects(torch.nn.Module):  # type: ignore[misc]
    """Branches on a value, takes what a mask says, writes where it says, and solves a triangular system."""

    def forward(self, pixel_values: Any, sizes: Any) -> dict[str, Any]:
        doubled = pixel_values * 2 if int(sizes.sum()) > 3 else pixel_values
        taken = doubled[:, sizes > 1]
        rows = torch.zeros(2, sizes.shape[0])
        rows[:, sizes > 1] = taken
        matrix = torch.eye(3) + torch.tril(pixel_values[:1].T @ pixel_values[:1], -1)
        solved = torch.linalg.solve_triangular(matrix, pixel_values.T, upper=False, unitriangular=True)
        return {"taken": taken, "rows": rows, "solved": solved}


def test_a_model_that_reads_values_computes_the_same_with_other_numbers_in_its_open_input(tmp_path: Path) -> None:
    model, path = Selects(), tmp_path / "model.onnx"
    inputs = {"pixel_values": torch.rand(2, 3), "sizes": torch.tensor([1, 2, 3])}
    export_traced_by_fx(model, inputs, path, 18)
    assert input_names(path) == ["pixel_values"]
    other = {**inputs, "pixel_values": torch.rand(2, 3)}
    outputs = run_onnx(path, {"pixel_values": other["pixel_values"].numpy()}, None)
    for name, expected in model(**other).items():
        torch.testing.assert_close(torch.tensor(outputs[name]), expected)


def test_what_gives_no_tensors_is_refused(tmp_path: Path) -> None:
    class Empty(torch.nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> dict[str, Any]:
            return {"count": int(x.sum())}

    for export in (export_traced, export_traced_by_fx):
        with pytest.raises(ValueError, match="no tensors"):
            export(Empty(), {"x": torch.ones(2)}, tmp_path / "model.onnx", 18)


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("size", [1, 2, 5, 64])
def test_a_triangular_system_is_solved_by_products(size: int, upper: bool) -> None:
    generator = torch.Generator().manual_seed(size)
    matrix = 0.2 * torch.randn(2, size, size, generator=generator, dtype=torch.float64)
    right = torch.randn(2, size, 3, generator=generator, dtype=torch.float64)
    solved = RULES[torch.ops.aten.linalg_solve_triangular.default](matrix, right, upper=upper, unitriangular=True)
    expected = torch.linalg.solve_triangular(matrix, right, upper=upper, unitriangular=True)
    torch.testing.assert_close(solved, expected)


def test_equal_scores_and_drawn_numbers_are_named() -> None:
    assert indeterminate(lambda: torch.topk(torch.tensor([3.0, 1.0, 1.0]), 2)) == ["equal scores in topk"]
    assert indeterminate(lambda: torch.topk(torch.tensor([3.0, 2.0, 1.0]), 2)) == []
    assert indeterminate(lambda: torch.randn(2)) == ["numbers drawn by randn"]


def test_weights_at_one_value_are_drawn_and_others_stay() -> None:
    layer = torch.nn.Linear(4, 3)
    stays = layer.weight.detach().clone()
    router = torch.nn.Linear(4, 3)
    torch.nn.init.zeros_(router.weight)
    both = torch.nn.Sequential(layer, router)
    draw_constant_weights(both)
    assert torch.equal(layer.weight, stays)
    assert router.weight.unique().numel() == 12
