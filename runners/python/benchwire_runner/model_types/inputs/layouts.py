"""Shapes of images, videos, sounds and time series: the layouts that models declare under the same names."""

from __future__ import annotations

from .facts import Facts
from .spec import InputSpec

GRIDS = ("image_grid_thw", "grid_thw", "video_grid_thw", "grid_hws", "image_grid_hws", "target_sizes", "merge_sizes")
SPATIAL = ("spatial_shapes", "pixel_position_ids", "image_position_ids", "pixel_attention_mask")

PIXELS = (
    "pixel_values",
    "pixel_values_videos",
    "pixel_values_images",
    "images",
    "pixel_values_local",
    "high_res_pixel_values",
    "frame",
    "sample",
)
FEATURES = (
    "input_features",
    "audio_features",
    "audio_mel",
    "speech_input_features",
    "input_audio_features",
    "feature",
    "audio_input_features",
)
VALUES = ("input_values", "audio_values", "waveform", "input_audio", "audio", "raw_audio")
SERIES = ("past_values",)


def grid_of(facts: Facts) -> tuple[int, int]:
    """Patches in height and width; an even number, since patches are merged two by two."""
    height, width = facts.image_sides
    rows, columns = max(2, height // facts.patch), max(2, width // facts.patch)
    return rows - rows % 2, columns - columns % 2


def layouts_of(name: str, signature: list[str], facts: Facts) -> list[str]:
    """The layouts that an input may have, the likeliest first."""
    if name in PIXELS:
        found = ["image", "frames", "channels_frames", "one_frame", "patches", "naflex"]
        if any(grid in signature for grid in GRIDS):
            found = ["patches", "image", "frames", "naflex"]
        elif any(each in signature for each in SPATIAL[:3]):
            found = ["naflex", "image", "one_frame", "patches"]
        elif "pixel_attention_mask" in signature or "image_attention_mask" in signature:
            found = ["one_frame", "image", "naflex"]
        elif "video" in name or (
            facts.vision("num_frames", "frames_per_clip", "tubelet_size") and "input_ids" not in signature
        ):
            found = ["frames", "channels_frames", "image", "patches"]
        return found
    if name in FEATURES:
        return ["bmt", "btm", "b1tm", "bmt1"]
    if name in VALUES:
        return ["bt", "b1t", "btm", "bmt", "b1tm"]
    if name in SERIES:
        return ["series", "series_channels"]
    return ["only"]


def media_spec(name: str, layout: str, facts: Facts) -> InputSpec:
    """An image, video, sound or series in that layout."""
    if name in PIXELS:
        return InputSpec(_pixel_shape(layout, facts, video="video" in name), "normal")
    if name in SERIES:
        return InputSpec(_series_shape(layout, facts), "normal")
    if layout in ("bt", "b1t"):
        return InputSpec([1, facts.audio_samples] if layout == "bt" else [1, 1, facts.audio_samples], "normal")
    mels, frames = facts.mel_bins, facts.mel_frames
    shapes = {
        "bmt": [1, mels, frames],
        "btm": [1, frames, mels],
        "b1tm": [1, 1, frames, mels],
        "bmt1": [1, mels, frames, 1],
    }
    return InputSpec(shapes[layout], "normal")


def _pixel_shape(layout: str, facts: Facts, *, video: bool) -> list[int]:
    height, width = facts.image_sides
    channels, patch = facts.channels, facts.patch
    rows, columns = grid_of(facts)
    match layout:
        case "image":
            return [1, channels, height, width]
        case "frames":
            return [1, facts.frames, channels, height, width]
        case "channels_frames":
            return [1, channels, facts.frames, height, width]
        case "one_frame":
            return [1, 1, channels, height, width]
        case "patches":
            return [rows * columns, channels * facts.temporal_patch * patch * patch]
        case _:
            return [1, rows * columns, channels * patch * patch]


def _series_shape(layout: str, facts: Facts) -> list[int]:
    length = facts.config.__dict__.get("context_length") or facts.size_of("context_length")
    lags = facts.config.__dict__.get("lags_sequence")
    if isinstance(lags, (list, tuple)) and lags:
        length += max(lags)
    channels = getattr(facts.config, "num_input_channels", None) or getattr(facts.config, "input_size", None) or 1
    if layout == "series":
        return [1, length] if channels == 1 else [1, length, channels]
    return [1, length, channels]
