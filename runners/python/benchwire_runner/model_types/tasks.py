"""The tasks of model types: transformers' own lists of heads, under the names that the Hub gives to tasks."""

from __future__ import annotations

from transformers.models.auto import modeling_auto

# Task -> transformers' list of the classes for it.
TASK_LISTS = {
    "text-generation": "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES",
    "text2text-generation": "MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES",
    "image-text-to-text": "MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES",
    "any-to-any": "MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES",
    "automatic-speech-recognition": "MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING_NAMES",
    "speech-recognition-ctc": "MODEL_FOR_CTC_MAPPING_NAMES",
    "fill-mask": "MODEL_FOR_MASKED_LM_MAPPING_NAMES",
    "text-classification": "MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES",
    "token-classification": "MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES",
    "question-answering": "MODEL_FOR_QUESTION_ANSWERING_MAPPING_NAMES",
    "multiple-choice": "MODEL_FOR_MULTIPLE_CHOICE_MAPPING_NAMES",
    "document-question-answering": "MODEL_FOR_DOCUMENT_QUESTION_ANSWERING_MAPPING_NAMES",
    "table-question-answering": "MODEL_FOR_TABLE_QUESTION_ANSWERING_MAPPING_NAMES",
    "visual-question-answering": "MODEL_FOR_VISUAL_QUESTION_ANSWERING_MAPPING_NAMES",
    "feature-extraction": "MODEL_MAPPING_NAMES",
    "image-classification": "MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES",
    "zero-shot-image-classification": "MODEL_FOR_ZERO_SHOT_IMAGE_CLASSIFICATION_MAPPING_NAMES",
    "image-segmentation": "MODEL_FOR_IMAGE_SEGMENTATION_MAPPING_NAMES",
    "semantic-segmentation": "MODEL_FOR_SEMANTIC_SEGMENTATION_MAPPING_NAMES",
    "instance-segmentation": "MODEL_FOR_INSTANCE_SEGMENTATION_MAPPING_NAMES",
    "universal-segmentation": "MODEL_FOR_UNIVERSAL_SEGMENTATION_MAPPING_NAMES",
    "mask-generation": "MODEL_FOR_MASK_GENERATION_MAPPING_NAMES",
    "image-matting": "MODEL_FOR_IMAGE_MATTING_MAPPING_NAMES",
    "object-detection": "MODEL_FOR_OBJECT_DETECTION_MAPPING_NAMES",
    "zero-shot-object-detection": "MODEL_FOR_ZERO_SHOT_OBJECT_DETECTION_MAPPING_NAMES",
    "depth-estimation": "MODEL_FOR_DEPTH_ESTIMATION_MAPPING_NAMES",
    "normal-estimation": "MODEL_FOR_NORMAL_ESTIMATION_MAPPING_NAMES",
    "pointmap-estimation": "MODEL_FOR_POINTMAP_ESTIMATION_MAPPING_NAMES",
    "pose-estimation": "MODEL_FOR_POSE_ESTIMATION_MAPPING_NAMES",
    "keypoint-detection": "MODEL_FOR_KEYPOINT_DETECTION_MAPPING_NAMES",
    "keypoint-matching": "MODEL_FOR_KEYPOINT_MATCHING_MAPPING_NAMES",
    "text-recognition": "MODEL_FOR_TEXT_RECOGNITION_MAPPING_NAMES",
    "table-recognition": "MODEL_FOR_TABLE_RECOGNITION_MAPPING_NAMES",
    "image-to-image": "MODEL_FOR_IMAGE_TO_IMAGE_MAPPING_NAMES",
    "masked-image-modeling": "MODEL_FOR_MASKED_IMAGE_MODELING_MAPPING_NAMES",
    "backbone": "MODEL_FOR_BACKBONE_MAPPING_NAMES",
    "video-classification": "MODEL_FOR_VIDEO_CLASSIFICATION_MAPPING_NAMES",
    "audio-classification": "MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING_NAMES",
    "audio-frame-classification": "MODEL_FOR_AUDIO_FRAME_CLASSIFICATION_MAPPING_NAMES",
    "speaker-verification": "MODEL_FOR_AUDIO_XVECTOR_MAPPING_NAMES",
    "text-to-spectrogram": "MODEL_FOR_TEXT_TO_SPECTROGRAM_MAPPING_NAMES",
    "text-to-audio": "MODEL_FOR_TEXT_TO_WAVEFORM_MAPPING_NAMES",
    "time-series-forecasting": "MODEL_FOR_TIME_SERIES_PREDICTION_MAPPING_NAMES",
    "time-series-classification": "MODEL_FOR_TIME_SERIES_CLASSIFICATION_MAPPING_NAMES",
    "time-series-regression": "MODEL_FOR_TIME_SERIES_REGRESSION_MAPPING_NAMES",
    "retrieval": "MODEL_FOR_RETRIEVAL_MAPPING_NAMES",
}


def classes_of(task: str, model_type: str) -> list[str]:
    """The classes that transformers lists for the task; empty where the type cannot do it."""
    listed = getattr(modeling_auto, TASK_LISTS[task], {}).get(model_type)
    if listed is None:
        return []
    names = listed if isinstance(listed, (list, tuple)) else [listed]
    return [name for name in names if isinstance(name, str)]


def tasks_of(model_type: str) -> list[str]:
    return [task for task in TASK_LISTS if classes_of(task, model_type)]


def default_task(model_type: str) -> str | None:
    """What is measured when a request names no task: a language model generates, everything else gives its features."""
    if classes_of("text2text-generation", model_type):
        return "text2text-generation"
    if classes_of("automatic-speech-recognition", model_type):
        return "automatic-speech-recognition"
    # Encoders such as BERT are in the list of causal models too.
    if classes_of("text-generation", model_type) and not classes_of("fill-mask", model_type):
        return "text-generation"
    if classes_of("feature-extraction", model_type):
        return "feature-extraction"
    return next(iter(tasks_of(model_type)), None)
