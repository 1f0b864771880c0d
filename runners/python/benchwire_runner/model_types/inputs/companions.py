"""Inputs that go with others: masks, positions, grids, boxes. One small maker for each name."""

from __future__ import annotations

from collections.abc import Callable

from ..config_tree import configs_in, first_value
from .facts import Facts
from .layouts import grid_of
from .spec import InputSpec

Specs = dict[str, InputSpec]
Maker = Callable[[Facts, Specs], InputSpec | None]


def _length(specs: Specs, facts: Facts, *names: str) -> int:
    for name in names:
        if name in specs and len(specs[name].shape) > 1:
            return specs[name].shape[1]
    return facts.sequence_length


def ids(facts: Facts, _specs: Specs) -> InputSpec:
    return InputSpec([1, facts.sequence_length], "ids", "int", below=facts.vocabulary, avoid=facts.avoided_ids)


def _like_ids(fill: str) -> Maker:
    def make(facts: Facts, specs: Specs) -> InputSpec:
        return InputSpec([1, _length(specs, facts, "input_ids", "inputs_embeds", "hidden_states")], fill, "int")  # type: ignore[arg-type]

    return make


def _like_decoder(facts: Facts, specs: Specs) -> InputSpec:
    return InputSpec([1, _length(specs, facts, "decoder_input_ids")], "ones", "int")


def _hidden(facts: Facts, specs: Specs) -> InputSpec:
    return InputSpec([1, _length(specs, facts, "input_ids"), facts.text_width], "normal")


def _grid(facts: Facts, specs: Specs) -> InputSpec:
    rows, columns = grid_of(facts)
    return InputSpec([1, 3], "values", "int", values=[1, rows, columns])


def _grid_2d(facts: Facts, specs: Specs) -> InputSpec:
    return InputSpec([1, 2], "values", "int", values=list(grid_of(facts)))


def _image_sizes(facts: Facts, specs: Specs) -> InputSpec:
    return InputSpec([1, 2], "values", "int", values=list(facts.image_sides))


def _pixel_mask(facts: Facts, specs: Specs) -> InputSpec:
    height, width = specs["pixel_values"].shape[-2:] if "pixel_values" in specs else facts.image_sides
    return InputSpec([1, height, width], "ones", "int")


def _patch_mask(facts: Facts, specs: Specs) -> InputSpec:
    shape = specs["pixel_values"].shape if "pixel_values" in specs else []
    if len(shape) == 3:
        return InputSpec(shape[:2], "ones", "int")
    if len(shape) == 5:
        return InputSpec([shape[0], shape[1], shape[3], shape[4]], "ones", "bool")
    rows, columns = grid_of(facts)
    return InputSpec([1, rows * columns], "ones", "int")


def _patch_positions(facts: Facts, specs: Specs) -> InputSpec:
    rows, columns = grid_of(facts)
    places = [n for row in range(rows) for column in range(columns) for n in (column, row)]
    return InputSpec([1, rows * columns, 2], "values", "int", values=places)


def _patch_grid_mask(facts: Facts, specs: Specs) -> InputSpec:
    rows, columns = grid_of(facts)
    return InputSpec([1, rows, columns], "ones", "bool")


def _boxes(facts: Facts, specs: Specs) -> InputSpec:
    length = _length(specs, facts, "input_ids")
    return InputSpec([1, length, 4], "values", "int", values=[10, 20, 110, 220] * length)


def _media_types(facts: Facts, specs: Specs) -> InputSpec:
    """0 for text, 1 for images, 2 for videos, 3 for sound: by the placeholders in the text."""
    spec = specs.get("input_ids")
    if spec is None:
        return InputSpec([1, facts.sequence_length], "zeros", "int")
    kinds = [0] * spec.shape[1]
    at = 1
    for token, count in spec.placeholders:
        kind = next(
            (k for k, name in enumerate(("image", "video", "audio"), 1) if token == facts_token(facts, name)), 1
        )
        kinds[at : at + count] = [kind] * count
        at += count + 1
    return InputSpec(spec.shape, "values", "int", values=kinds)


def facts_token(facts: Facts, kind: str) -> int | None:
    """The id that stands for a part of an image, video or sound."""
    for name in (f"{kind}_token_id", f"{kind}_token_index", f"{kind}_token", f"{kind}_id", f"{kind}_context_token_id"):
        value = first_value(configs_in(facts.config), (name,))
        if isinstance(value, int):
            return value
    return None


def _features_mask(facts: Facts, specs: Specs) -> InputSpec:
    spec = specs.get("input_features") or specs.get("input_values") or specs.get("audio_mel")
    if spec is None:
        return InputSpec([1, facts.mel_frames], "ones", "int")
    # The longer side of a spectrogram is its time.
    length = spec.shape[-1] if len(spec.shape) == 2 else max(spec.shape[-2:], key=lambda n: (n != facts.mel_bins, n))
    return InputSpec([1, length], "ones", "int")


def _one(value: float, kind: str = "int") -> Maker:
    return lambda _facts, _specs: InputSpec([1], "values", kind, values=[value])  # type: ignore[arg-type]


def _series_like(fill: str) -> Maker:
    def make(facts: Facts, specs: Specs) -> InputSpec:
        shape = list(specs["past_values"].shape) if "past_values" in specs else [1, facts.size_of("context_length")]
        return InputSpec(shape, fill)  # type: ignore[arg-type]

    return make


def _time_features(past: bool) -> Maker:
    def make(facts: Facts, specs: Specs) -> InputSpec:
        count = getattr(facts.config, "num_time_features", 0) or 0
        length = specs["past_values"].shape[1] if past and "past_values" in specs else _prediction(facts)
        return InputSpec([1, length, count], "normal")

    return make


def _prediction(facts: Facts) -> int:
    return getattr(facts.config, "prediction_length", None) or 8


def _future(facts: Facts, specs: Specs) -> InputSpec:
    rest = specs["past_values"].shape[2:] if "past_values" in specs else []
    return InputSpec([1, _prediction(facts), *rest], "normal")


def _frames(facts: Facts, specs: Specs) -> int:
    """Frames of the one video: with patches each row is one."""
    return specs["pixel_values_videos"].shape[0] if "pixel_values_videos" in specs else facts.frames


def _points(facts: Facts, specs: Specs) -> InputSpec:
    return InputSpec([1, 1, 1, 2], "values", values=[20.0, 20.0])


COMPANIONS: dict[str, Maker] = {
    "attention_mask": _like_ids("ones"),
    "token_type_ids": _like_ids("zeros"),
    "position_ids": _like_ids("steps"),
    "padding_mask": lambda facts, specs: InputSpec(
        [1, _length(specs, facts, "input_ids", "input_values")], "ones", "bool"
    ),
    "decoder_attention_mask": _like_decoder,
    "mm_token_type_ids": _media_types,
    "bbox": _boxes,
    "inputs_embeds": _hidden,
    "hidden_states": _hidden,
    "encoder_hidden_states": _hidden,
    "query_embeds": _hidden,
    "noise_embeds": _hidden,
    "context_hidden_states": _hidden,
    "image_grid_thw": _grid,
    "grid_thw": _grid,
    "video_grid_thw": _grid,
    "spatial_shapes": _grid_2d,
    "grid_hws": _grid_2d,
    "image_grid_hws": _grid_2d,
    "image_grid_hw": _grid_2d,
    "video_grid_hw": _grid_2d,
    "target_sizes": _grid_2d,
    "merge_sizes": _one(1),
    "image_merge_sizes": _one(1),
    "video_merge_sizes": _one(1),
    "image_sizes": _image_sizes,
    "pixel_mask": _pixel_mask,
    "pixel_attention_mask": _patch_mask,
    "patch_attention_mask": _patch_grid_mask,
    "pixel_position_ids": _patch_positions,
    "image_position_ids": _patch_positions,
    "input_features_mask": _features_mask,
    "feature_attention_mask": _features_mask,
    "audio_mel_mask": _features_mask,
    "mask": _features_mask,
    "audio_feature_lengths": lambda facts, specs: InputSpec(
        [1], "values", "int", values=[_features_mask(facts, specs).shape[1]]
    ),
    "past_observed_mask": _series_like("ones"),
    "past_values_padding": _series_like("zeros"),
    "past_time_features": _time_features(past=True),
    "future_time_features": _time_features(past=False),
    "future_values": _future,
    "num_frames_per_video": lambda facts, specs: InputSpec([1], "values", "int", values=[_frames(facts, specs)]),
    "video_position_ids": _patch_positions,
    "freq": lambda _facts, _specs: InputSpec([1, 1], "zeros", "int"),
    "input_points": _points,
    "timesteps": lambda facts, _specs: InputSpec([1, facts.sequence_length], "steps", "int"),
    "timestep": _one(1.0, "float"),
    "time_step": _one(1.0, "float"),
}


def companion(name: str, facts: Facts, specs: Specs) -> InputSpec | None:
    """The input of that name, or None where no rule knows it."""
    if name.endswith("input_ids"):
        return ids(facts, specs)
    if name in COMPANIONS:
        return COMPANIONS[name](facts, specs)
    if name.endswith("attention_mask"):
        return _like_ids("ones")(facts, specs)
    if name.endswith(("_embeds", "hidden_states", "_embeddings")):
        return _hidden(facts, specs)
    if name.endswith("_ids"):
        return _like_ids("zeros")(facts, specs)
    return None
