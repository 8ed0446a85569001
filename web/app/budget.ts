// Fails a build whose page has more JavaScript to load, before anything is opened, than it may.
import zlib from 'node:zlib';
import type { Plugin } from 'vite';

/** Bytes of the entry and of what it imports at once, compressed. */
const BUDGET = 100 * 1024;

export function budget(): Plugin {
  return {
    name: 'quantab-budget',
    apply: 'build',
    generateBundle(_options, bundle) {
      const first = new Set<string>();
      const add = (name: string) => {
        const chunk = bundle[name];
        if (chunk?.type !== 'chunk' || first.has(name)) return;
        first.add(name);
        chunk.imports.forEach(add);
      };
      for (const [name, chunk] of Object.entries(bundle)) {
        if (chunk.type === 'chunk' && chunk.isEntry) add(name);
      }
      let size = 0;
      for (const name of first) {
        const chunk = bundle[name];
        if (chunk?.type === 'chunk') size += zlib.gzipSync(chunk.code, { level: 9 }).length;
      }
      process.stdout.write(`first JavaScript: ${size.toLocaleString('en')} bytes (gzip)\n`);
      if (size > BUDGET) {
        this.error(
          `The page's first JavaScript is ${size} bytes (gzip), over its budget of ${BUDGET}. Find what grew, or load it later.`,
        );
      }
    },
  };
}
