// Runs ONNX's backend test data, natively and as WebAssembly with both kinds of SIMD, and ends with one line:
// conformance: N passed, N failed, N excluded (the sum over what ran).
//
//   npm run test:conformance
//   npm run test:conformance -- native wasm-simd          only these
//   npm run test:conformance -- --filter test_conv        only cases with that in their name
//   npm run test:conformance -- --write-docs              writes docs/operators.md from the native run
import { parseArgs } from 'node:util';
import { FLAVOURS, buildFlavour, caseFolders, runConformance } from './lib/conformance.mjs';
import { operatorsPage } from './lib/operators_page.mjs';
import { Failure, main, say } from './lib/run.mjs';
import { setup } from './setup.mjs';

await main(async () => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      filter: { type: 'string', default: '' },
      'write-docs': { type: 'boolean', default: false },
    },
  });
  const unknown = positionals.find((name) => !(name in FLAVOURS));
  if (unknown) throw new Failure(`'${unknown}' is not one of ${Object.keys(FLAVOURS).join(', ')}.`);
  const flavours = positionals.length > 0 ? positionals : Object.keys(FLAVOURS);
  await setup(['build', 'test']);
  const folders = await caseFolders();
  const sum = { passed: 0, failed: 0, excluded: 0 };
  for (const flavour of flavours) {
    await buildFlavour(flavour);
    say(`ONNX's conformance data, ${flavour}`);
    const result = await runConformance(flavour, folders, values.filter);
    for (const key of Object.keys(sum)) sum[key] += result[key];
    process.stdout.write(`${flavour.padEnd(14)}${result.line}\n`);
    if (values['write-docs'] && flavour === flavours[0]) operatorsPage(result.cases);
  }
  const { passed, failed, excluded } = sum;
  process.stdout.write(`conformance: ${passed} passed, ${failed} failed, ${excluded} excluded\n`);
  return failed === 0 && passed > 0 ? 0 : 1;
});
