"""What no rule finds: values of a configuration and inputs that only a model's own code explains, type by type.

The search of a type starts from its hint; what it finds goes into recipes.json with the hint in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .inputs.spec import InputSpec


@dataclass(frozen=True)
class Hint:
    # Path in the configuration -> value; `{"model_type": …}` makes a part that the default leaves out.
    fields: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, InputSpec] = field(default_factory=dict)
    # The only level and class that are tried.
    level: str | None = None
    model_class: str | None = None
    # Parameters of `forward` that stay out.
    without: tuple[str, ...] = ()


def floats(*shape: int) -> InputSpec:
    return InputSpec(list(shape), "normal")


def fractions(*shape: int) -> InputSpec:
    return InputSpec(list(shape), "uniform")


def ids(*shape: int, below: int) -> InputSpec:
    return InputSpec(list(shape), "ids", "int", below=below)


def ones(*shape: int) -> InputSpec:
    return InputSpec(list(shape), "ones", "int")


def yes(*shape: int) -> InputSpec:
    return InputSpec(list(shape), "ones", "bool")


def no(*shape: int) -> InputSpec:
    return InputSpec(list(shape), "zeros", "bool")


def values(shape: list[int], *numbers: int) -> InputSpec:
    return InputSpec(shape, "values", "int", values=list(numbers))


def _image_words(codes: int) -> dict[str, int]:
    """Chameleon's names of its image codes: the digits as letters."""
    names = {f"IMGIMG{''.join(chr(ord('A') + int(d)) for d in str(code))}Z": 16 + code for code in range(codes)}
    return {"<image>": 8, **names}


# Kernel, stride and padding of each layer, as PaddleOCR sets them.
_INTRACLASS = {
    "reduce_channel": [1, 1, 0],
    "return_channel": [1, 1, 0],
    **{
        f"{kind}_{ratio}ratio": [
            [side if "vertical" in kind or "sym" in kind else 1, side if "vertical" not in kind else 1],
            [1, 1],
            [
                side // 2 if "vertical" in kind or "sym" in kind else 0,
                side // 2 if "vertical" not in kind else 0,
            ],
        ]
        for kind in ("vertical_long_to_small_conv", "horizontal_small_to_long_conv", "symmetric_conv_long")
        for ratio, side in (("long", 7), ("mid", 5), ("short", 3))
    },
}
GRID = values([1, 3], 1, 4, 4)
# The default backbone is that of text recognition: one output, and strides in one direction only.
_ALL_STAGES = {
    "backbone_config._out_features": ["stage1", "stage2", "stage3", "stage4"],
    "backbone_config._out_indices": [1, 2, 3, 4],
    "backbone_config.block_configs": [
        [[3, 96, 96, 1, True]],
        [[3, 96, 96, 2, False]],
        [[3, 96, 192, 2, False], [3, 192, 192, 1, True]],
        [[3, 192, 384, 2, False], [3, 384, 384, 1, True]],
    ],
    "backbone_config.depths": [1, 1, 2, 2],
}
# Column and row of each of the 4 x 4 patches of the only frame.
_PLACES = values([1, 16, 2], *[place for at in range(16) for place in (at % 4, at // 4)])
_ONE_VIDEO = {"num_frames_per_video": values([1], 1), "video_position_ids": _PLACES}
# Their first two numbers are the row and the column of the patch.
FLAT_PATCHES = fractions(1, 16, 2 + 3 * 16 * 16)

HINTS: dict[str, Hint] = {
    "aria": Hint(fields={"vision_config.image_size": 490, "vision_config.patch_size": 14}),
    "chameleon": Hint(
        fields={"vq_config.num_embeddings": 64, "vocabulary_map": _image_words(64)},
        inputs={
            "input_ids": InputSpec([1, 33], "ids", "int", below=1000, avoid=[8], placeholders=[(8, 16)]),
        },
    ),
    "clvp": Hint(
        fields={
            "decoder_config.vocab_size": 250,
            "decoder_config.bos_token_id": 249,
            "decoder_config.eos_token_id": 248,
        },
        inputs={
            "input_features": floats(1, 80, 64),
            "input_ids": ids(1, 16, below=200),
        },
    ),
    "colqwen2": Hint(inputs={"pixel_values": floats(1, 16, 1176)}),
    "deepseek_ocr2": Hint(
        fields={
            "text_config.mlp_layer_types": ["dense", "sparse"],
            "vision_config.sam_config.downsample_channels": [512, 256],
        }
    ),
    "deepseek_ocr2_text": Hint(fields={"mlp_layer_types": ["dense", "sparse"]}),
    "deepseek_ocr2_vision": Hint(fields={"sam_config.downsample_channels": [512, 256]}),
    "deepseek_vl_hybrid": Hint(inputs={"high_res_pixel_values": floats(1, 3, 64, 64)}),
    "depth_pro": Hint(fields={"patch_size": 56}, inputs={"pixel_values": floats(1, 3, 224, 224)}),
    "dia": Hint(inputs={"input_ids": ids(1, 16, below=200), "decoder_input_ids": ids(1, 8, 9, below=1000)}),
    "dia_decoder": Hint(inputs={"input_ids": ids(1, 8, 9, below=1000)}),
    "edgetam": Hint(fields={"vision_config.backbone_channel_list": [1024, 512, 256, 64]}),
    "edgetam_vision_model": Hint(fields={"backbone_channel_list": [1024, 512, 256, 64]}),
    "embedding_gemma2": Hint(fields={"vision_config": {"model_type": "gemma4_vision"}}, inputs=_ONE_VIDEO),
    "esm": Hint(fields={"pad_token_id": 1, "mask_token_id": 2}),
    "falcon_h1": Hint(fields={"mamba_d_ssm": 128, "mamba_n_heads": 16, "mamba_d_head": 8}),
    "fast_vlm": Hint(fields={"vision_config.hidden_size": 3072}),
    "gemma3n": Hint(
        fields={
            "text_config.intermediate_size": [512] * 35,
            "vision_config.hidden_size": 2048,
            "vision_soft_tokens_per_image": 256,
        }
    ),
    "gemma3n_audio": Hint(inputs={"audio_mel_mask": no(1, 128)}),
    "gemma3n_text": Hint(fields={"intermediate_size": [512] * 35}),
    "gemma4": Hint(inputs=_ONE_VIDEO),
    "gemma4_assistant": Hint(
        fields={
            "text_config": {
                "model_type": "gemma4_text",
                "hidden_size_per_layer_input": 0,
                "vocab_size_per_layer_input": 0,
            }
        }
    ),
    "glm4v_vision": Hint(inputs={"hidden_states": floats(16, 1176), "grid_thw": GRID}),
    "granite4_vision": Hint(fields={"deepstack_layer_map": [[-1, 0]], "downsample_rate": "1/2"}),
    "granite_docling": Hint(inputs={"pixel_values": floats(1, 1, 3, 64, 64), "pixel_attention_mask": yes(1, 1)}),
    "granite_speech": Hint(
        fields={"projector_config.encoder_hidden_size": 256, "audio_token_id": 7},
        inputs={
            "input_ids": InputSpec([1, 43], "ids", "int", below=1000, avoid=[7], placeholders=[(7, 27)]),
        },
    ),
    "granite_speech_plus": Hint(
        fields={"projector_config.encoder_hidden_size": 256, "audio_token_id": 7},
        inputs={
            "input_ids": InputSpec([1, 43], "ids", "int", below=1000, avoid=[7], placeholders=[(7, 27)]),
        },
    ),
    "hunyuan_vl": Hint(
        fields={
            "text_config.rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [16, 24, 24]}
        }
    ),
    "hunyuan_vl_text": Hint(
        fields={"rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [16, 24, 24]}}
    ),
    "idefics": Hint(inputs={"pixel_values": floats(1, 1, 3, 56, 56), "image_attention_mask": ones(1, 16, 1)}),
    "inkling_audio": Hint(inputs={"audio_input_ids": ids(1, 16, 80, below=8)}),
    "inkling_mm_model": Hint(inputs={"pixel_values": floats(1, 2, 40, 40, 3)}),
    "inkling_vision": Hint(inputs={"pixel_values": floats(1, 2, 40, 40, 3)}),
    "janus_vqgan": Hint(fields={"num_patches": 4}),
    "kimi_k25": Hint(inputs={"pixel_values": floats(16, 3, 14, 14), "pixel_values_videos": floats(16, 3, 14, 14)}),
    "kimi_k25_vision": Hint(inputs={"pixel_values": floats(16, 3, 14, 14)}),
    "kosmos-2": Hint(
        fields={"latent_query_num": 4},
        inputs={
            "input_ids": ids(1, 16, below=1000),
            "image_embeds_position_mask": values([1, 16], 0, 1, 1, 1, 1, *[0] * 11),
        },
    ),
    "kosmos-2.5": Hint(
        fields={"latent_query_num": 4},
        inputs={
            "input_ids": ids(1, 16, below=1000),
            "flattened_patches": FLAT_PATCHES,
            "image_embeds_position_mask": values([1, 16], 0, 1, 1, 1, 1, *[0] * 11),
        },
    ),
    "kosmos_2_5_vision_model": Hint(inputs={"flattened_patches": FLAT_PATCHES}),
    "lfm2_moe": Hint(fields={"layer_types": ["conv", "full_attention"], "num_hidden_layers": 2, "num_dense_layers": 1}),
    "llama4_vision_model": Hint(fields={"intermediate_size": 384}),
    "lw_detr": Hint(fields={"projector_scale_factors": [1.0], "num_queries": 4, "num_feature_levels": 1}),
    "lxmert": Hint(inputs={"visual_feats": floats(1, 4, 2048), "visual_pos": floats(1, 4, 4)}),
    "mllama": Hint(
        model_class="MllamaForConditionalGeneration",
        fields={"vision_config.vision_output_dim": 480},
        inputs={
            "aspect_ratio_ids": ones(1, 1),
            "aspect_ratio_mask": ones(1, 1, 4),
            "cross_attention_mask": ones(1, 16, 1, 4),
            "pixel_values": floats(1, 1, 4, 3, 56, 56),
        },
    ),
    "mllama_vision_model": Hint(
        inputs={
            "aspect_ratio_ids": ones(1, 1),
            "aspect_ratio_mask": ones(1, 1, 4),
            "pixel_values": floats(1, 1, 4, 3, 56, 56),
        }
    ),
    "moonshine_streaming": Hint(fields={".num_key_value_heads": 2}),
    "moshi_depth": Hint(inputs={"last_hidden_state": floats(1, 7, 4096)}),
    "muse_spark_audio": Hint(inputs={"input_values": floats(1, 3840)}),
    "musicflamingo": Hint(fields={".head_dim": 128}),
    "omdet-turbo": Hint(
        inputs={
            "classes_input_ids": ids(2, 8, below=200),
            "classes_attention_mask": ones(2, 8),
            "classes_structure": values([1], 2),
            "tasks_input_ids": ids(1, 8, below=200),
            "tasks_attention_mask": ones(1, 8),
        }
    ),
    "oneformer": Hint(inputs={"task_inputs": ids(1, 77, below=200)}),
    "ovis2": Hint(fields={".hidden_size": 256}),
    "paddleocr_vl": Hint(inputs={"pixel_values": floats(16, 3, 14, 14)}),
    "paddleocr_vl_vision": Hint(inputs={"pixel_values": floats(1, 16, 3, 14, 14), "grid_thw": GRID}),
    "pe_audio_video": Hint(
        inputs={"pixel_values_videos": floats(1, 2, 3, 336, 336), "input_values": floats(1, 1, 9600)}
    ),
    "pe_audio_video_encoder": Hint(
        inputs={"pixel_values_videos": floats(1, 2, 3, 336, 336), "input_values": floats(1, 1, 9600)}
    ),
    "pe_video": Hint(inputs={"pixel_values_videos": floats(1, 2, 3, 336, 336)}),
    "pe_video_encoder": Hint(inputs={"pixel_values_videos": floats(1, 2, 3, 336, 336)}),
    "perceiver": Hint(
        model_class="PerceiverModel",
        fields={
            "d_latents": 64,
            "d_model": 64,
            "num_latents": 16,
            "num_self_attends_per_block": 2,
            "num_self_attention_heads": 4,
            "num_cross_attention_heads": 4,
        },
        inputs={"inputs": floats(1, 32, 64)},
    ),
    "perception_lm": Hint(
        fields={
            "vision_config.architecture": "vit_pe_core_large_patch14_336",
            "vision_config.model_args": {
                "embed_dim": 128,
                "depth": 2,
                "num_heads": 2,
                "img_size": [56, 56],
                "ref_feat_shape": [4, 4],
                "global_pool": "",
            },
        },
        inputs={"pixel_values": floats(1, 1, 3, 56, 56), "pixel_values_videos": floats(1, 2, 3, 56, 56)},
    ),
    "pi0": Hint(
        inputs={
            "pixel_values": floats(1, 1, 3, 56, 56),
            "pixel_attention_mask": yes(1, 1),
            "action_embeds": floats(1, 16, 256),
        }
    ),
    "pix2struct": Hint(inputs={"flattened_patches": FLAT_PATCHES}),
    "pix2struct_text_model": Hint(fields={"initializer_range": 0.02}),
    "pix2struct_vision_model": Hint(inputs={"flattened_patches": FLAT_PATCHES}),
    "pp_ocrv5_mobile_rec": Hint(inputs={"pixel_values": floats(1, 3, 96, 320)}),
    "pp_ocrv5_server_det": Hint(fields={"intraclass_block_config": _INTRACLASS, "scale_factor_list": [1, 2, 4, 8]}),
    "pp_ocrv6_medium_det": Hint(
        fields={
            **_ALL_STAGES,
            "intraclass_block_config": _INTRACLASS,
            "scale_factor_list": [1, 2, 4, 8],
            "kernel_list": [3, 2, 2],
        }
    ),
    "pp_ocrv6_small_det": Hint(fields={**_ALL_STAGES, "layer_list_out_channels": [96, 96, 192, 384]}),
    "qwen2_5_omni": Hint(fields={"thinker_config.vision_start_token_id": 5}),
    "qwen2_5_omni_audio_encoder": Hint(
        inputs={
            "input_features": floats(128, 200),
            "feature_lens": values([1], 200),
            "aftercnn_lens": values([1], 100),
        }
    ),
    "qwen2_5_omni_bigvgan": Hint(inputs={"mel_spectrogram": floats(1, 80, 16)}),
    "qwen2_5_omni_dit": Hint(
        inputs={
            "hidden_states": floats(1, 16, 80),
            "condition_vector": floats(1, 32, 80),
            "speaker_embedding": floats(1, 16, 192),
            "quantized_code": ids(1, 8, below=1000),
            "time_step": InputSpec([1], "ones"),
        }
    ),
    "qwen2_5_omni_thinker": Hint(fields={".vision_start_token_id": 5}),
    "qwen2_5_omni_token2wav": Hint(
        inputs={
            "code": ids(1, 8, below=1000),
            "conditioning": floats(1, 192),
            "reference_mel": floats(1, 32, 80),
        }
    ),
    "qwen2_audio": Hint(
        fields={"audio_token_id": 7},
        inputs={
            "input_ids": InputSpec([1, 67], "ids", "int", below=1000, avoid=[7], placeholders=[(7, 50)]),
        },
    ),
    "qwen3_asr": Hint(
        fields={"audio_config.output_dim": 256},
        inputs={"input_features": floats(1, 128, 200), "input_features_mask": ones(1, 200)},
    ),
    "qwen3_asr_encoder": Hint(inputs={"input_features": floats(1, 128, 200)}),
    "qwen3_omni_moe": Hint(
        fields={
            "talker_config.text_config.shared_expert_intermediate_size": 128,
            "talker_config.spatial_merge_size": 2,
            "thinker_config.vision_start_token_id": 5,
        }
    ),
    "qwen3_omni_moe_audio_encoder": Hint(inputs={"input_features": floats(128, 200), "feature_lens": values([1], 200)}),
    "qwen3_omni_moe_talker_code_predictor": Hint(
        without=("input_ids", "attention_mask"), inputs={"inputs_embeds": floats(1, 8, 1024)}
    ),
    "qwen3_omni_moe_talker_text": Hint(
        fields={"shared_expert_intermediate_size": 128},
        without=("input_ids",),
        inputs={"inputs_embeds": floats(1, 8, 1024)},
    ),
    "qwen3_omni_moe_thinker": Hint(fields={".vision_start_token_id": 5}),
    "qwen3_omni_moe_vision_encoder": Hint(inputs={"hidden_states": floats(16, 1536), "grid_thw": GRID}),
    "qwen4_exp": Hint(fields={"text_config.indexer_head_dim": 256}),
    "qwen4_exp_vision": Hint(inputs={"hidden_states": floats(16, 1536), "grid_thw": GRID}),
    "rag": Hint(
        fields={"n_docs": 2},
        inputs={
            "context_input_ids": ids(2, 8, below=200),
            "context_attention_mask": ones(2, 8),
            "doc_scores": floats(1, 2),
        },
    ),
    "rf_detr": Hint(fields={"num_queries": 4}),
    "seggpt": Hint(
        fields={"image_size": [64, 32]},
        inputs={
            "pixel_values": floats(1, 3, 32, 32),
            "prompt_pixel_values": floats(1, 3, 32, 32),
            "prompt_masks": floats(1, 3, 32, 32),
        },
    ),
    "speecht5_hifigan": Hint(inputs={"spectrogram": floats(1, 16, 80)}),
    "step3p5": Hint(fields={"sliding_window": 8}),
    "step3p7": Hint(fields={"text_config.sliding_window": 8}),
    "timm_backbone": Hint(fields={"backbone": "resnet18"}),
    "uvdoc": Hint(
        fields={
            "backbone_config._out_features": [f"stage{n}" for n in range(1, 7)],
            "backbone_config._out_indices": [1, 2, 3, 4, 5, 6],
        }
    ),
    "vibevoice_acoustic_tokenizer_encoder": Hint(inputs={"hidden_states": floats(1, 1, 6400)}),
    "video_llama_3": Hint(inputs={"image_merge_sizes": values([1], 1), "video_merge_sizes": values([1], 1)}),
    "vipllava": Hint(fields={"vision_feature_layers": [-1, -2]}),
    "vitmatte": Hint(
        fields={
            "convstream_hidden_sizes": [48, 96, 192],
            "fusion_hidden_sizes": [256, 128, 64, 32],
            ".hidden_size": 128,
        }
    ),
    "xcodec2": Hint(inputs={"input_values": floats(1, 1, 3200), "input_features": floats(1, 10, 160)}),
    "xmod": Hint(fields={"default_language": "en_XX"}),
    "zamba": Hint(
        fields={"layers_block_type": ["mamba", "mamba", "hybrid", "mamba", "hybrid"], "num_hidden_layers": 5}
    ),
}
