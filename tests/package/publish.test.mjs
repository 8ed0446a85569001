// The packed package as registries and compilers see it: publint's rules, and types that resolve to what is loaded.
import { beforeAll, expect, test } from '@jest/globals';
import * as types from '@arethetypeswrong/core';
import fs from 'node:fs';
import path from 'node:path';
import { publint } from 'publint';
import { packageFolder, root } from './lib.mjs';
import { pack } from './packed.mjs';

const out = path.join(root, 'tests', '.out', 'publish');

let tarball;
let manifest;

beforeAll(() => {
  tarball = fs.readFileSync(pack(out));
  manifest = JSON.parse(fs.readFileSync(path.join(packageFolder, 'package.json'), 'utf8'));
}, 60_000);

/** publint's findings on a tarball; at its strictest. */
async function findings(bytes) {
  const { buffer, byteOffset, byteLength } = bytes;
  const pack = { tarball: buffer.slice(byteOffset, byteOffset + byteLength) };
  return (await publint({ pack, strict: true })).messages;
}

test('publint finds nothing', async () => {
  expect(await findings(tarball)).toEqual([]);
});

test('each entry has its types, however it is resolved', async () => {
  const code = Object.keys(manifest.exports).filter((name) => !/\.(wasm|json)$/.test(name));
  const analysis = await types.checkPackage(types.createPackageFromTarballData(tarball), {
    entrypoints: code,
  });
  expect(analysis.types).toMatchObject({ kind: 'included' });
  expect(Object.keys(analysis.entrypoints).sort()).toEqual(code.sort());
  // The package is of ES modules alone. require() of them is what Node does now, with a warning here; resolution before `exports`,
  // which compilers call 'node10', knows the main entry only.
  const expected = ({ kind, resolutionKind }) =>
    kind === 'CJSResolvesToESM' || resolutionKind === 'node10';
  expect(analysis.problems.filter((problem) => !expected(problem))).toEqual([]);
}, 120_000);
