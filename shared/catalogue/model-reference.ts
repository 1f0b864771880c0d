/** How a request names a model: a catalogue name, a path, or a URL. */

/** Whether `model` is a URL, of any scheme. */
export function isModelUrl(model: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(model);
}

/** Whether `model` is a path or a URL rather than a catalogue name. */
export function isModelFile(model: string): boolean {
  return /[/\\]|\.(onnx|ort|pb|pt|pth|bin|safetensors|gguf|tflite|xml|mlmodel|engine|plan|zip|gz|h5|keras|pkl|json|html?)$/i.test(
    model,
  );
}
