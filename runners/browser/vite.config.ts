import { defineConfig } from 'vite';

/** The page of browser runners. ONNX Runtime is no part of it: the worker serves its files as they are. */
export default defineConfig({
  build: { target: 'es2022', modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  worker: { format: 'es' },
});
