import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** `BENCHWIRE_GATEWAY=http://127.0.0.1:8080 npm run dev -w dashboard` serves the page with reload, the API from a running stack. */
const gateway = process.env.BENCHWIRE_GATEWAY ?? 'http://127.0.0.1:8080';

export default defineConfig(({ command }) => {
  // A test runner, or a shell, that has another one set would get React's slow and large development build.
  if (command === 'build') process.env.NODE_ENV = 'production';
  return {
    plugins: [react()],
    build: {
      target: 'es2023',
      manifest: true,
      // Data URLs would need a weaker content security policy.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 800,
    },
    server: { proxy: { '/api': { target: gateway, ws: true } } },
  };
});
