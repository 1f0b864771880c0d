"""Changes a plan by what an error says. Models say plainly what they miss; most of them need one or two of these."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable

from ..config_tree import configs_in, put
from .companions import Specs, companion, facts_token
from .facts import Facts
from .layouts import FEATURES, PIXELS, SERIES, VALUES
from .plan import NOT_FED, Plan, media_tokens

Rule = Callable[[re.Match[str], Plan, Specs, Facts, list[str]], bool]
MEDIA_NAMES = (*PIXELS, *FEATURES, *VALUES, *SERIES)


def _add(names: list[str], plan: Plan, facts: Facts, specs: Specs, signature: list[str]) -> bool:
    new = [
        n
        for n in names
        if n in signature
        and n not in plan.names
        and n not in NOT_FED
        and (n in MEDIA_NAMES or companion(n, facts, specs) is not None)
    ]
    for name in new:
        plan.names.append(name)
        if name in MEDIA_NAMES and name not in plan.layouts:
            from .layouts import layouts_of

            plan.layouts[name] = layouts_of(name, signature, facts)[0]
    return bool(new)


def _names_in_failing_lines(cause: Exception) -> list[list[str]]:
    """The identifiers of the model's own lines that failed, the innermost line first."""
    lines = [f.line or "" for f in traceback.extract_tb(cause.__traceback__) if "/transformers/models/" in f.filename]
    return [re.findall(r"[A-Za-z_]\w*", line) for line in reversed(lines)]


def _missing(match: re.Match[str], plan: Plan, specs: Specs, facts: Facts, signature: list[str]) -> bool:
    return _add(re.findall(r"'(\w+)'", match.group(1)), plan, facts, specs, signature)


def _mentioned(match: re.Match[str], plan: Plan, specs: Specs, facts: Facts, signature: list[str]) -> bool:
    """The message names inputs of this model that it was not given."""
    words = [w for w in re.findall(r"\w+", match.string) if w in signature]
    if "decoder_input_ids" in words:
        words = ["decoder_input_ids"]
    elif "input_ids" in words and "input_ids" not in plan.names:
        words = ["input_ids"]
    elif "input_ids" in words:
        words = [w for w in words if w != "inputs_embeds"]
    return _add(words[:1] if len(words) > 1 and "or" in match.string else words, plan, facts, specs, signature)


def _image_sides(match: re.Match[str], plan: Plan, specs: Specs, facts: Facts, _s: list[str]) -> bool:
    height, width = int(match.group(1)), int(match.group(2))
    changed = False
    for name in plan.layouts:
        if name in PIXELS and len(specs[name].shape) >= 4 and specs[name].shape[-2:] != [height, width]:
            plan.shapes[name] = [*specs[name].shape[:-2], height, width]
            changed = True
    return changed


def _change(plan: Plan, specs: Specs, old: int, new: int, places: tuple[int, ...]) -> bool:
    """Turns one size into another, in the input with floats that has it; the last dimensions first."""
    for place in places:
        for name, spec in specs.items():
            if (
                spec.kind == "float"
                and spec.fill != "values"
                and -len(spec.shape) <= place < len(spec.shape)
                and spec.shape[place] == old
            ):
                shape = list(spec.shape)
                shape[place] = new
                plan.shapes[name] = shape
                return True
    return False


def _matrix(match: re.Match[str], plan: Plan, specs: Specs, _f: Facts, _s: list[str]) -> bool:
    return _change(plan, specs, int(match.group(2)), int(match.group(3)), (-1, -2, 1))


def _channels(match: re.Match[str], plan: Plan, specs: Specs, _f: Facts, _s: list[str]) -> bool:
    given = [int(n) for n in re.findall(r"\d+", match.group(1))]
    wanted = int(match.group(2))
    if len(given) < 2:
        return False
    return _change(plan, specs, given[1], wanted, (1, 2, -1)) or (
        len(given) > 2 and _change(plan, specs, given[2], wanted, (-1,))
    )


def _normalized(match: re.Match[str], plan: Plan, specs: Specs, _f: Facts, _s: list[str]) -> bool:
    wanted = int(match.group(1))
    given = [int(n) for n in re.findall(r"\d+", match.group(2))]
    return bool(given) and _change(plan, specs, given[-1], wanted, (-1, 1))


def _lengths(match: re.Match[str], plan: Plan, specs: Specs, facts: Facts, _s: list[str]) -> bool:
    first, second = int(match.group(1)), int(match.group(2))
    return _change(plan, specs, first, second, (-1, 1, 2, 3)) or _change(plan, specs, second, first, (-1, 1, 2, 3))


def _wanted_then_given(match: re.Match[str], plan: Plan, specs: Specs, _f: Facts, _s: list[str]) -> bool:
    return _change(plan, specs, int(match.group(2)), int(match.group(1)), (-1, 1, 2, 3))


def _tiles(match: re.Match[str], plan: Plan, specs: Specs, _f: Facts, _s: list[str]) -> bool:
    """A large image comes as several tiles: as many as the model splits it into."""
    count = int(match.group(1))
    name = next((n for n in plan.layouts if n in PIXELS and len(specs[n].shape) in (4, 5)), None)
    wanted = None if name is None else [1, count, *specs[name].shape[-3:]]
    if name is None or wanted is None or specs[name].shape == wanted:
        return False
    plan.shapes[name] = wanted
    return True


def _tokens(match: re.Match[str], plan: Plan, specs: Specs, facts: Facts, _s: list[str]) -> bool:
    """`tokens: n, features: m`: as many placeholders as there are features."""
    tokens = media_tokens(facts, plan)
    kind = next((k for k in tokens if k in match.string.lower()), None) or next(iter(tokens), None)
    if kind is None:
        return False
    had, features = int(match.group(1)), int(match.group(2))
    others = [(t, n) for t, n in plan.placeholders if t != tokens[kind]]
    wanted = (tokens[kind], features)
    if wanted in plan.placeholders or features > 4096 or had == features:
        return False
    plan.placeholders = [*others, wanted]
    return True


def _absent_field(match: re.Match[str], _p: Plan, _specs: Specs, facts: Facts, _s: list[str]) -> bool:
    name = match.group(1)
    if not re.search(r"token_(id|index)$", name) and name not in ("sliding_window",):
        return False
    value = facts_token(facts, name.split("_")[0]) or 1
    for each in configs_in(facts.config):
        put(each, name, 8 if name == "sliding_window" else value)
    return True


def _beyond_table(_m: re.Match[str], _p: Plan, _specs: Specs, facts: Facts, _s: list[str]) -> bool:
    below = facts.ids_below or facts.vocabulary
    if below <= 4:
        return False
    facts.ids_below = max(4, below // 8)
    return True


def _codebooks(match: re.Match[str], plan: Plan, specs: Specs, facts: Facts, _s: list[str]) -> bool:
    """Sounds as ids: a row for each codebook, next to each other in the batch or in the last dimension."""
    name = next((n for n in ("decoder_input_ids", "input_ids") if n in specs and n not in plan.shapes), None)
    books = next(
        (b for b in (getattr(c, "num_codebooks", None) for c in configs_in(facts.config)) if isinstance(b, int)), None
    )
    if name is None or books is None or not {books, books + 1} & {int(n) for n in re.findall(r"\d+", match.string)}:
        return False
    length = specs[name].shape[-1]
    wide = next((b for b in (books + 1, books) if str(b) in re.findall(r"\d+", match.string)), books)
    plan.shapes[name] = [books, length] if "[-1," in match.string else [1, length, wide]
    return True


RULES: list[tuple[re.Pattern[str], Rule]] = [
    (re.compile(r"split_sizes to sum exactly to \d+ .*split_sizes=\[(\d+)\]"), _tiles),
    (re.compile(r"missing \d+ required (?:positional|keyword-only) arguments?: (.*)"), _missing),
    (re.compile(r"(?:number of|[Tt]okens?)[^\d]*:? ?(\d+)[^\d]+features:? ?(\d+)"), _tokens),
    (re.compile(r"tokens: (\d+), features:? (\d+)"), _tokens),
    (re.compile(r"[Ii]nput image size \(\d+\*\d+\) doesn't match model \((\d+)\*(\d+)\)"), _image_sides),
    (re.compile(r"expected (?:image )?size.*?\(?(\d+)[,*x ]+(\d+)\)?"), _image_sides),
    (re.compile(r"\((\d+)x(\d+) and (\d+)x(\d+)\)"), _matrix),
    (re.compile(r"expected input\[([\d, ]+)\] to have (\d+) channels"), _channels),
    (
        re.compile(
            r"normalized_shape=\[(\d+)\], expected input with shape \[\*, \d+\], but got input of size ?\[([\d, ]+)\]"
        ),
        _normalized,
    ),
    (re.compile(r"to be of length (\d+), but found (\d+)"), _wanted_then_given),
    (
        re.compile(
            r"shape '\[-1, \d+, \d+\]' is invalid for input|size of tensor a \(\d+\) must match|not enough values to unpack|IndexError"
        ),
        _codebooks,
    ),
    (re.compile(r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)"), _lengths),
    (re.compile(r"Expected size (\d+) but got size (\d+)"), _wanted_then_given),
    (re.compile(r"has no attribute '(\w+)'"), _absent_field),
    (re.compile(r"Could not find [`'\"](\w+)[`'\"]"), _absent_field),
    (re.compile(r"index out of range in self|index \d+ is out of (range|bounds)"), _beyond_table),
    (re.compile(r"specif|provide|must be|required|expected|cannot be None|need"), _mentioned),
]


def repair(cause: Exception, plan: Plan, specs: Specs, facts: Facts, signature: list[str]) -> bool:
    """Changes the plan, or the configuration, by what the error says and where. False where no rule knows what to change."""
    message = f"{type(cause).__name__}: {cause}"
    if "NoneType" in message:
        for names in _names_in_failing_lines(cause):
            if _add(names, plan, facts, specs, signature):
                return True
    for pattern, rule in RULES:
        match = pattern.search(message)
        if match is not None and rule(match, plan, specs, facts, signature):
            return True
    return False
