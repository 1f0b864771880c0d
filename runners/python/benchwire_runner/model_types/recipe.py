"""What was found for a type: how small, which class, which inputs. Stored in recipes.json, so that nothing is searched twice."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from .inputs.plan import Plan
from .inputs.spec import spec_from_json

RECIPES_FILE = Path(__file__).with_name("recipes.json")


@dataclass
class Recipe:
    """How a type is built and fed at the size `tiny`; `base` takes the class, the inputs and their layouts from it."""

    level: str
    model_class: str
    task: str | None
    mode: str
    names: list[str]
    layouts: dict[str, str] = field(default_factory=dict)
    shapes: dict[str, list[int]] = field(default_factory=dict)
    placeholders: list[list[int]] = field(default_factory=list)
    # Fields of the configuration that were set after an error, or by a hint.
    fields: dict[str, Any] = field(default_factory=dict)
    # Inputs that a hint gives, as they are.
    given: dict[str, dict[str, Any]] = field(default_factory=dict)
    ids_below: int | None = None
    # Of a part of a model: the type that it is a part of. It is fed with what that type passes to it.
    parent: str | None = None
    # Of a class without a forward of its own: the module inside it that is run.
    part: str | None = None
    # `eager` where the fast kernels cannot be used with these sizes.
    experts: str | None = None
    attention: str | None = None
    # How it is exported, where transformers' exporter alone does not do it (export_stages.py).
    export: str | None = None
    modalities: list[str] = field(default_factory=list)
    undeclared: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Without what is empty."""
        return {k: v for k, v in asdict(self).items() if v not in (None, [], {})}

    def plan(self) -> Plan:
        return Plan(
            names=list(self.names),
            mode=self.mode,
            layouts=dict(self.layouts),
            shapes=dict(self.shapes),
            placeholders=[(int(i), int(n)) for i, n in self.placeholders],
            given={name: spec_from_json(spec) for name, spec in self.given.items()},
        )


@cache
def stored_recipes() -> dict[str, Recipe]:
    """By model type. Empty before the first search."""
    if not RECIPES_FILE.exists():
        return {}
    stored = json.loads(RECIPES_FILE.read_text())
    return {model_type: recipe_from_json(found) for model_type, found in stored["recipes"].items()}


def recipe_from_json(found: dict[str, Any]) -> Recipe:
    return Recipe(**{"names": [], "task": None, "mode": "full", **found})
