import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  build: { target: 'es2022' },
  worker: { format: 'es' },
  // The development server loses a package's workers when it bundles the package beforehand.
  optimizeDeps: { exclude: ['quantab'] },
});
