/** What the models of one type read. */
export const MODALITIES = ['text', 'image', 'video', 'audio', 'time'] as const;
export const PRIORITIES = ['high', 'medium', 'low'] as const;
/** How far a type came on a CPU at the size `tiny`; `untested` where it was never tried. docs/models.md says what each means. */
export const STAGES = ['untested', 'none', 'config', 'model', 'forward', 'export', 'onnxruntime', 'equal'] as const;

export type Modality = (typeof MODALITIES)[number];
export type ModelPriority = (typeof PRIORITIES)[number];
export type Stage = (typeof STAGES)[number];
