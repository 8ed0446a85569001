// Builds <quantab-app> into the package, beside the JavaScript that it uses: quantab/app.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const here = path.dirname(fileURLToPath(import.meta.url));

/** Where the package's own entries are, from the folder of the element. */
const ENTRIES: Record<string, string> = {
  quantab: '../index.js',
  'quantab/onnxruntime': '../onnxruntime.js',
  'quantab/samples': '../samples/index.js',
};

/** Puts the types beside the element, and the licences of what it contains. */
function companions(): Plugin {
  const modules = path.join(here, '..', '..', 'node_modules', '@dagrejs');
  const files = {
    'quantab_app.d.ts': path.join(here, 'src', 'element', 'types.d.ts'),
    'licences/dagre.txt': path.join(modules, 'dagre', 'LICENSE'),
    'licences/graphlib.txt': path.join(modules, 'graphlib', 'LICENSE'),
  };
  return {
    name: 'quantab-companions',
    generateBundle() {
      for (const [fileName, file] of Object.entries(files)) {
        this.emitFile({ type: 'asset', fileName, source: fs.readFileSync(file) });
      }
    },
  };
}

export default defineConfig({
  root: here,
  base: './',
  publicDir: false,
  plugins: [companions()],
  worker: { format: 'es' },
  build: {
    outDir: path.join(here, '..', 'package', 'dist', 'app'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: false,
    lib: { entry: path.join(here, 'src', 'element', 'quantab_app.ts'), formats: ['es'] },
    rollupOptions: {
      external: Object.keys(ENTRIES),
      output: {
        entryFileNames: 'quantab_app.js',
        chunkFileNames: '[name]-[hash].js',
        paths: ENTRIES,
      },
    },
  },
});
