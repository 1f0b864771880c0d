"""Writes shared/catalogue/model-types.json: every model type of the installed transformers release.

    PYTHONPATH=runners/python python runners/python/tools/generate_catalogue.py

Run it in an environment of the lock file `torch`. What it writes depends on the installed packages and on recipes.json alone.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"
warnings.simplefilter("ignore")

import transformers  # noqa: E402
from priorities import evidence_of_use, priority_of  # noqa: E402
from transformers import PreTrainedConfig  # noqa: E402

from benchwire_runner.model_types.classes import all_model_types, candidates, family_of  # noqa: E402
from benchwire_runner.model_types.construct import make_config  # noqa: E402
from benchwire_runner.model_types.inputs.facts import Facts  # noqa: E402
from benchwire_runner.model_types.inputs.plan import first_plans, layout_variants, specs_of  # noqa: E402
from benchwire_runner.model_types.recipe import stored_recipes  # noqa: E402
from benchwire_runner.model_types.tasks import default_task, tasks_of  # noqa: E402

TARGET = Path(__file__).parents[3] / "shared" / "catalogue" / "model-types.json"
MODALITIES = ("text", "image", "video", "audio", "time")
# Words in the names of parts, which declare no modality themselves.
WORDS = {
    "text": ("text", "decoder", "lm"),
    "image": (
        "vision",
        "image",
        "vq",
        "sam",
        "det",
        "vit",
        "dino",
        "ocr",
        "lcnet",
        "slanet",
        "depth",
        "pose",
        "super",
        "uvdoc",
    ),
    "video": ("video",),
    "audio": ("audio", "speech", "acoustic", "vocoder", "gan", "codec", "vibevoice", "semantic"),
}


def main() -> None:
    transformers.utils.logging.set_verbosity_error()
    evidence = evidence_of_use(all_model_types(), family_of)
    rows = [row_of(model_type, evidence) for model_type in all_model_types()]
    lines = ",\n".join(json.dumps(row, separators=(",", ":"), sort_keys=False) for row in rows)
    TARGET.write_text(f'{{"transformers":"{transformers.__version__}","types":[\n{lines}\n]}}\n')
    print(f"{len(rows)} model types of transformers {transformers.__version__} in {TARGET}", file=sys.stderr)


def row_of(model_type: str, evidence: dict[str, list[str]]) -> dict[str, Any]:
    found = candidates_or_none(model_type)
    cls = found[0] if found else None
    recipe = stored_recipes().get(model_type)
    sizes = {size: dimensions_of(model_type, cls, size) for size in ("tiny", "base")}
    return {
        "type": model_type,
        "family": family_of(model_type),
        "modalities": modalities_of(model_type, cls),
        "tasks": tasks_of(model_type),
        "default_task": default_task(model_type),
        "class": recipe.model_class if recipe else cls.__name__ if cls else None,
        "priority": priority_of(evidence[model_type]),
        "used_by": evidence[model_type],
        "tiny": sizes["tiny"],
        "base": sizes["base"],
    }


def candidates_or_none(model_type: str) -> list[type]:
    try:
        return [each.cls for each in candidates(model_type, None)]
    except ImportError:
        return []


def modalities_of(model_type: str, cls: type | None) -> list[str]:
    """As the class declares them; by the words of its name for parts of models, which declare none. Text where no word tells."""
    recipe = stored_recipes().get(model_type)
    declared = getattr(cls, "input_modalities", None) or ()
    given = {declared} if isinstance(declared, str) else set(declared)
    if recipe:
        given |= set(recipe.modalities)
    has_main = getattr(cls, "main_input_name", "input_ids") != "input_ids"
    words = {kind for kind, parts in WORDS.items() if any(word in model_type for word in parts)}
    if given == {"text"} and not tasks_of(model_type) and words and (has_main or "text" not in words):
        given = words
    return [kind for kind in MODALITIES if kind in (given or words or {"text"})]


def dimensions_of(model_type: str, cls: type | None, size: str) -> dict[str, int]:
    """The sizes of the inputs that a request gets when it says none; empty where the type is a part that another type feeds."""
    if cls is None:
        return {}
    recipe = stored_recipes().get(model_type)
    if recipe is not None and recipe.parent is not None:
        return dimensions_of(recipe.parent, (candidates_or_none(recipe.parent) or [None])[0], size)
    try:
        config: PreTrainedConfig = make_config(model_type, (recipe.level if recipe else "H") if size == "tiny" else "D")
        facts = Facts(config, size, {})
        signature = list(inspect.signature(cls.forward).parameters)
        plan = recipe.plan() if recipe else layout_variants(first_plans(cls, facts)[0], signature, facts)[0]
        facts.used.clear()
        specs_of(plan, facts)
    except Exception:
        return {}
    return dict(sorted(facts.used.items()))


if __name__ == "__main__":
    main()
