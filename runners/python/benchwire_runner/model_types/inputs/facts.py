"""Sizes that inputs depend on, read from a configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from transformers import PreTrainedConfig

from ..config_tree import first_value, hidden_size, text_config, tower_configs
from ..special_tokens import special_ids

# Sizes where neither the configuration nor the request says one.
DEFAULTS = {
    "tiny": {
        "sequence_length": 16,
        "image_size": 64,
        "frames": 2,
        "audio_samples": 4000,
        "mel_frames": 128,
        "context_length": 32,
    },
    "base": {
        "sequence_length": 128,
        "image_size": 224,
        "frames": 8,
        "audio_samples": 16_000,
        "mel_frames": 1024,
        "context_length": 512,
    },
}


@dataclass
class Facts:
    """What the makers of inputs look up. `used` collects every size that went into an input."""

    config: PreTrainedConfig
    size: str
    asked: dict[str, int]
    used: dict[str, int] = field(default_factory=dict)
    # Smallest table that ids look up, where an error showed that it is smaller than the vocabulary.
    ids_below: int | None = None

    def size_of(self, name: str, own: int | None = None) -> int:
        """A dimension: as asked for, else the configuration's own, else the default of the size."""
        value = self.asked.get(name, own if own is not None else DEFAULTS[self.size][name])
        self.used[name] = int(value)
        return int(value)

    @property
    def sequence_length(self) -> int:
        longest = first_value(
            [text_config(self.config)], ("max_position_embeddings", "n_positions", "max_target_positions")
        )
        length = self.asked.get("sequence_length", DEFAULTS[self.size]["sequence_length"])
        if isinstance(longest, int) and longest > 1 and "sequence_length" not in self.asked:
            length = min(length, longest - 2 if longest > 2 else 1)
        return self.size_of("sequence_length", length)

    @property
    def vocabulary(self) -> int:
        size = getattr(text_config(self.config), "vocab_size", None)
        own = size if isinstance(size, int) and size > 0 else 32
        return min(own, self.ids_below or own)

    @property
    def avoided_ids(self) -> list[int]:
        return sorted(i for i in special_ids(self.config) if 0 <= i < min(self.vocabulary, 4096))

    @property
    def text_width(self) -> int:
        return hidden_size(text_config(self.config)) or 64

    def vision(self, *names: str) -> Any | None:
        return first_value(tower_configs(self.config, "vision"), names)

    def audio(self, *names: str) -> Any | None:
        return first_value(tower_configs(self.config, "audio"), names)

    @property
    def channels(self) -> int:
        value = self.vision("num_channels", "in_channels", "in_chans", "num_input_channels")
        return value if isinstance(value, int) else 3

    @property
    def image_sides(self) -> tuple[int, int]:
        """Height and width in pixels."""
        value = self.vision("image_size", "img_size", "input_size", "force_image_size", "pretrain_image_size")
        if isinstance(value, dict):
            value = [value.get("height"), value.get("width")]
        if "image_size" in self.asked or value is None or isinstance(value, bool):
            side = self.size_of("image_size")
            return side, side
        if isinstance(value, (list, tuple)):
            if len(value) >= 2 and all(isinstance(v, int) for v in value[-2:]):
                self.used["image_size"] = max(value[-2:])
                return value[-2], value[-1]
            value = value[0]
        side = self.size_of("image_size", value if isinstance(value, int) else None)
        return side, side

    @property
    def patch(self) -> int:
        value = self.vision("patch_size", "spatial_patch_size")
        if isinstance(value, (list, tuple)):
            value = value[-1]
        return value if isinstance(value, int) and value > 0 else 16

    @property
    def temporal_patch(self) -> int:
        value = self.vision("temporal_patch_size", "tubelet_size")
        if isinstance(value, (list, tuple)):
            value = value[0]
        return value if isinstance(value, int) and value > 0 else 1

    @property
    def frames(self) -> int:
        own = self.vision("num_frames", "frames_per_clip", "num_video_frames")
        return self.size_of("frames", own if isinstance(own, int) else None)

    @property
    def mel_bins(self) -> int:
        value = self.audio(
            "num_mel_bins",
            "n_mels",
            "mel_bins",
            "feature_size",
            "input_feat_per_channel",
            "input_feat_size",
            "feature_projection_input_dim",
            "input_size",
            "input_dim",
            "spectrogram_bins",
            "n_mel_channels",
            "num_mel_channels",
        )
        return value if isinstance(value, int) and value > 1 else 80

    @property
    def mel_frames(self) -> int:
        positions = self.audio("max_source_positions")
        own = 2 * positions if isinstance(positions, int) and positions < 4000 else self.audio("max_length")
        return self.size_of("mel_frames", own if isinstance(own, int) and own > 20 else None)

    @property
    def audio_samples(self) -> int:
        return self.size_of("audio_samples")
