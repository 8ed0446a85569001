import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, defineConfig, type Plugin } from 'vite';
import { budget } from './budget.ts';
import { headersFile } from './headers.mjs';
import { folder as onnxRuntimeFolder, onnxRuntimeWeb } from './onnxruntime_web.ts';

const here = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(here, 'dist');
const EXAMPLE = ['digits.onnx', 'calibration.npy'];
const LIBRARIES = ['dagre', 'graphlib'];
const HEADERS = '_headers';
const SERVICE_WORKER = 'service_worker.js';

/** Puts the example beside the page, so that it is one click away and works offline. */
function example(): Plugin {
  const folder = path.join(here, '..', '..', 'examples', 'digits');
  return {
    name: 'quantab-example',
    generateBundle() {
      for (const name of EXAMPLE) {
        const source = fs.readFileSync(path.join(folder, name));
        this.emitFile({ type: 'asset', fileName: `examples/digits/${name}`, source });
      }
    },
  };
}

/** Puts the licences of what the page contains beside it. */
function licences(): Plugin {
  const folder = path.join(here, '..', '..', 'node_modules', '@dagrejs');
  return {
    name: 'quantab-licences',
    apply: 'build',
    generateBundle() {
      for (const name of LIBRARIES) {
        const source = fs.readFileSync(path.join(folder, name, 'LICENSE'));
        this.emitFile({ type: 'asset', fileName: `licences/${name}.txt`, source });
      }
    },
  };
}

/** Puts the headers where static hosts look for them. */
function headers(): Plugin {
  return {
    name: 'quantab-headers',
    apply: 'build',
    generateBundle() {
      const html = fs.readFileSync(path.join(here, 'index.html'), 'utf8');
      this.emitFile({ type: 'asset', fileName: HEADERS, source: headersFile(html) });
    },
  };
}

function filesBelow(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

/** Builds the service worker last, with the list of all files and a version that follows from their contents. */
function serviceWorker(): Plugin {
  return {
    name: 'quantab-service-worker',
    apply: 'build',
    async closeBundle() {
      // Hosts read the headers and do not serve them; onnxruntime-web is for those who ask for it.
      const files = filesBelow(dist).filter(
        (file) =>
          ![SERVICE_WORKER, HEADERS].includes(file) && path.dirname(file) !== onnxRuntimeFolder,
      );
      const hash = createHash('sha256');
      for (const file of files) hash.update(file).update(fs.readFileSync(path.join(dist, file)));
      const list = ['./', ...files.filter((file) => file !== 'index.html')];
      await build({
        configFile: false,
        logLevel: 'warn',
        publicDir: false,
        define: {
          __FILES__: JSON.stringify(list),
          __VERSION__: JSON.stringify(hash.digest('hex').slice(0, 16)),
        },
        build: {
          outDir: dist,
          emptyOutDir: false,
          rollupOptions: {
            input: path.join(here, 'src', 'service_worker.ts'),
            output: { format: 'es', entryFileNames: SERVICE_WORKER },
          },
        },
      });
    },
  };
}

export default defineConfig({
  root: here,
  base: './',
  plugins: [example(), licences(), onnxRuntimeWeb(), headers(), budget(), serviceWorker()],
  worker: { format: 'es' },
  build: {
    outDir: dist,
    emptyOutDir: true,
    target: 'es2022',
    // Everything is a file of the page's own: the Content-Security-Policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
