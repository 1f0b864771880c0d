"""How much a model type is used: evidence that is in the installed packages, so that everybody who runs this gets the same.

The rule (docs/models.md): one point for each line of evidence; two or more make the priority high, one makes it medium, none low.
Parts of other types (no task of their own but their features) are at most medium.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import transformers

from benchwire_runner.model_types.tasks import tasks_of

MANY_TASKS = 4
REUSED = 3
MUCH_REUSED = 10
MODELS = Path(transformers.__file__).parent / "models"


def priority_of(evidence: list[str]) -> str:
    return "high" if len(evidence) >= 2 else "medium" if evidence else "low"


def evidence_of_use(model_types: list[str], family_of: Callable[[str], str]) -> dict[str, list[str]]:
    """The lines of evidence of each type, in words."""
    defaults = _pipeline_defaults(model_types)
    gguf = _llama_cpp()
    optimized = _onnxruntime()
    reuse = _reuse()
    found: dict[str, list[str]] = {}
    for model_type in model_types:
        tasks = tasks_of(model_type)
        lines: list[str] = []
        if model_type in defaults:
            lines.append("default of a pipeline")
        if model_type in gguf:
            lines.append("llama.cpp")
        if model_type in optimized:
            lines.append("onnxruntime optimizer")
        # Only the type that the folder is named after: parts of it are not what others build on.
        count = reuse.get(family_of(model_type), 0) if _same(model_type, family_of(model_type)) else 0
        if count >= REUSED:
            lines.append(f"{REUSED}+ other architectures are built on it")
        if count >= MUCH_REUSED:
            lines.append(f"{MUCH_REUSED}+ other architectures are built on it")
        if len(tasks) >= MANY_TASKS:
            lines.append(f"{MANY_TASKS}+ tasks")
        found[model_type] = (
            lines[:1]
            if set(tasks) <= {"feature-extraction", "backbone"} and not _same(model_type, family_of(model_type))
            else lines
        )
    return found


def _same(one: str, other: str) -> bool:
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _pipeline_defaults(model_types: list[str]) -> set[str]:
    """The models that transformers' pipelines load when nobody names one: by the longest type that the model's name begins with."""
    from transformers.pipelines import SUPPORTED_TASKS

    names: set[str] = set()

    def visit(value: Any) -> None:
        if isinstance(value, str) and "/" in value:
            names.add(_plain(value.partition("/")[2]))
        elif isinstance(value, dict):
            for each in value.values():
                visit(each)
        elif isinstance(value, (list, tuple)):
            for each in value:
                visit(each)

    visit([task.get("default") for task in SUPPORTED_TASKS.values()])
    found: set[str] = set()
    for name in names:
        fitting = [each for each in model_types if name.startswith(_plain(each))]
        if fitting:
            found.add(max(fitting, key=lambda each: len(_plain(each))))
    return found


def _llama_cpp() -> set[str]:
    from transformers.modeling_gguf_pytorch_utils import GGUF_SUPPORTED_ARCHITECTURES

    return set(GGUF_SUPPORTED_ARCHITECTURES)


def _onnxruntime() -> set[str]:
    from onnxruntime.transformers.optimizer import MODEL_TYPES

    return set(MODEL_TYPES)


def _reuse() -> dict[str, int]:
    """How many other folders of transformers take code of a folder: by import or as a marked copy."""
    users: dict[str, set[str]] = defaultdict(set)
    pattern = re.compile(
        r"from \.\.(\w+)\.(?:modeling|configuration)_|from \.\.\.models\.(\w+)|Copied from transformers\.models\.(\w+)"
    )
    for file in sorted(MODELS.glob("*/mod*.py")):
        family = file.parent.name
        for match in pattern.finditer(file.read_text()):
            used = next(group for group in match.groups() if group)
            if used not in (family, "auto"):
                users[used].add(family)
    return {family: len(by) for family, by in users.items()}
