// Lint rules for every script and TypeScript file; `npm run check` runs them.
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const globals = Object.fromEntries(
  [
    ...['AbortController', 'AbortSignal', 'Blob', 'Buffer', 'File', 'TextDecoder', 'TextEncoder'],
    ...['DataTransfer', 'OffscreenCanvas', 'atob'],
    ...['URL', 'WebAssembly', 'console', 'document', 'fetch', 'globalThis', 'navigator'],
    ...[
      'performance',
      'process',
      'self',
      'setTimeout',
      'clearTimeout',
      'structuredClone',
      'window',
    ],
  ].map((name) => [name, 'readonly']),
);

export default [
  { ignores: ['**/dist/', '**/node_modules/', 'build/', 'tests/.out/', '**/generated/'] },
  // A piece of Emscripten's start-up code, whose names it uses and defines.
  { ignores: ['wasm/threads.js'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  { files: ['**/*.{js,mjs,cjs}'], languageOptions: { globals } },
  {
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
];
