// The layers of the core, as data: a folder includes only what its line names (and itself). Before it
// looks at the tree, the check proves on made-up files that it can fail.
import { files, read } from '../lib/files.mjs';

export const title = 'that no include crosses a layer';

// The graph is onnx::ModelProto itself with an index over it, so whoever sees `graph` sees `onnx`.
// The types in api's signatures (errors, byte sources) live in base, so its users see both.
const LAYERS = {
  base: [],
  tensor: ['base'],
  kernels: ['base'],
  onnx: ['base', 'tensor'],
  graph: ['base', 'tensor', 'onnx'],
  ops: ['base', 'tensor', 'kernels', 'onnx', 'graph'],
  lower: ['base', 'tensor', 'onnx', 'graph', 'ops'],
  exec: ['base', 'tensor', 'onnx', 'graph', 'ops', 'lower'],
  passes: ['base', 'tensor', 'onnx', 'graph', 'exec'],
  calib: ['base', 'tensor', 'kernels', 'onnx', 'graph', 'exec'],
  quant: ['base', 'tensor', 'kernels', 'onnx', 'graph', 'passes', 'calib'],
  eval: ['base', 'tensor', 'kernels', 'onnx', 'graph', 'exec', 'quant'],
  api: [
    ...['base', 'tensor', 'onnx', 'graph', 'ops', 'lower', 'exec', 'passes', 'calib', 'quant'],
    'eval',
  ],
  cli: ['base', 'api'],
  wasm: ['base', 'api'],
};

// What only some folders may use. Kernels use raw pointers, so they see no model; the core never
// prints, and knows nothing of JavaScript.
const RESTRICTED = [
  {
    pattern: /^(onnx|google\/protobuf)\//,
    allowed: (l) => !['base', 'tensor', 'kernels', 'cli', 'wasm'].includes(l),
  },
  { pattern: /^emscripten/, allowed: (l) => l === 'wasm' },
  { pattern: /^(iostream|cstdio|stdio\.h)$/, allowed: (l) => ['base', 'cli'].includes(l) },
  { pattern: /^CLI\//, allowed: (l) => l === 'cli' },
  { pattern: /^(simde\/|wasm_simd128\.h)/, allowed: (l, file) => file === 'core/base/simd.h' },
];

// The page uses the package as anyone would; the package knows nothing of the page.
const WEB = [
  { folder: 'web/app/', forbidden: /(^|\/)web\/package\/|\.\.\/package\// },
  { folder: 'web/package/', forbidden: /(^|\/)web\/app\/|\.\.\/app\// },
];

const layerOf = (name) => (name.match(/^core\/([^/]+)\//) || name.match(/^(wasm)\//) || [])[1];

function problemsOf(name, text) {
  const problems = [];
  const at = (line, message) => problems.push(`${name}:${line + 1}: ${message}`);
  const layer = layerOf(name);
  text.split('\n').forEach((content, line) => {
    if (layer) {
      const match = content.match(/^\s*#\s*include\s*[<"]([^>"]+)[>"]/);
      if (!match) return;
      if (!(layer in LAYERS)) {
        at(line, `folder 'core/${layer}' is not a layer; add it to scripts/check/layers.mjs.`);
        return;
      }
      const included = layerOf(match[1]);
      if (included && included !== layer && !LAYERS[layer].includes(included)) {
        at(
          line,
          `'${layer}' includes '${match[1]}', but may include only: ${LAYERS[layer].join(', ') || 'nothing'}.`,
        );
      }
      for (const { pattern, allowed } of RESTRICTED) {
        if (pattern.test(match[1]) && !allowed(layer, name)) {
          at(line, `'${layer}' may not include '${match[1]}'.`);
        }
      }
      return;
    }
    const rule = WEB.find(({ folder }) => name.startsWith(folder));
    const match = rule && content.match(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/);
    if (match && rule.forbidden.test(match[1]))
      at(line, `'${rule.folder}' may not import '${match[1]}'.`);
  });
  return problems;
}

// Each of these must be found, and each of the second list must not.
const WRONG = [
  ['core/base/a.h', '#include "core/tensor/tensor.h"'],
  ['core/kernels/gemm/a.cc', '#include "core/tensor/tensor.h"'],
  ['core/kernels/gemm/b.cc', '#include "onnx/onnx_pb.h"'],
  ['core/quant/rules/a.cc', '  #  include "core/exec/session.h"'],
  ['core/api/a.cc', '#include <core/kernels/gemm/gemm.h>'],
  ['core/unknown/a.cc', '#include <vector>'],
  ['core/ops/a.cc', '#include <iostream>'],
  ['core/ops/b.cc', '#include <emscripten/bind.h>'],
  ['wasm/a.cc', '#include "core/onnx/model.h"'],
  ['web/app/src/a.ts', "import { x } from '../../package/src/x.js';"],
];
const RIGHT = [
  ['core/quant/rules/a.cc', '#include "core/passes/pass.h"\n#include "core/quant/rule.h"'],
  ['core/ops/a.cc', '// #include "core/exec/session.h"'],
  ['wasm/a.cc', '#include "core/api/quantab.h"\n#include <emscripten/bind.h>'],
  ['web/app/src/a.ts', "import { openModel } from 'quantab';"],
];

export async function run() {
  const silent = WRONG.filter(([name, text]) => problemsOf(name, text).length === 0);
  const loud = RIGHT.filter(([name, text]) => problemsOf(name, text).length > 0);
  const selfTest = [
    ...silent.map(([name, text]) => `self-test: did not find '${text}' in '${name}'.`),
    ...loud.map(([name, text]) => `self-test: objects to '${text}' in '${name}'.`),
  ];
  const sources = files(/^(core|wasm)\/.*\.(h|cc|inc)$|^web\/.*\.(ts|tsx|js|mjs)$/);
  return [...selfTest, ...sources.flatMap((name) => problemsOf(name, read(name)))];
}
