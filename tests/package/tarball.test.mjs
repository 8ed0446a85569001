// The packed package where users put it: an empty Vite project, Node, and a page without any tool.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { openModel } from 'quantab';
import { serve } from '../../scripts/serve.mjs';
import { launchChromium } from '../lib/chromium.mjs';
import { digitsPath, packageFolder, root, run } from './lib.mjs';

const out = path.join(root, 'tests', '.out', 'tarball');
const project = path.join(out, 'project');

const npm = (args, cwd) =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

const MANIFEST = { name: 'empty', private: true, version: '0.0.0' };
const CSP = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src data:";

const page = (script) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${CSP}" />
    <title>waiting</title>
    <link rel="icon" href="data:," />
  </head>
  <body>
    <script type="module" src="${script}"></script>
  </body>
</html>
`;

/** Quantizes the example both ways and puts the figures in the title. */
const program = (specifier) => `
import { openModel } from '${specifier}';
try {
  const file = await (await fetch('/digits.onnx')).blob();
  const model = await openModel(new File([file], 'digits.onnx'));
  const dynamic = await model.quantizeDynamic({ weightType: 'QUInt8' });
  const bytes = await dynamic.bytes();
  const image = { dtype: 'float32', dims: [1, 1, 8, 8], data: new Float32Array(64).fill(0.5) };
  const fixed = await model.quantizeStatic({ calibrationData: [{ image }], activationType: 'QUInt8' });
  const { logits } = await fixed.run({ image });
  const { outputs } = await model.compare(fixed, [{ image }]);
  document.title = JSON.stringify({
    size: bytes.byteLength,
    expected: dynamic.byteLength,
    name: model.name,
    dims: logits.dims,
    compared: outputs.map(({ name }) => name),
  });
} catch (error) {
  document.title = JSON.stringify({ failed: String(error.stack ?? error) });
}
`;

let sizeInNode;
let browser;

beforeAll(async () => {
  fs.rmSync(out, { recursive: true, force: true });
  fs.mkdirSync(project, { recursive: true });
  const [{ filename }] = JSON.parse(
    npm(['pack', '--ignore-scripts', '--json', '--pack-destination', out], packageFolder),
  );
  fs.writeFileSync(path.join(project, 'package.json'), JSON.stringify(MANIFEST));
  npm(
    [
      'install',
      '--offline',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      path.join(out, filename),
    ],
    project,
  );
  const model = await openModel(digitsPath);
  const dynamic = await model.quantizeDynamic({ weightType: 'QUInt8' });
  sizeInNode = dynamic.byteLength;
  dynamic.close();
  model.close();
  browser = await launchChromium();
}, 180_000);

afterAll(() => browser?.close());

/** Opens the page of a folder: what it put in its title, and every request it made. */
async function visit(folder) {
  const { server, address } = await serve(folder);
  const tab = await browser.newPage();
  const requests = [];
  const complaints = [];
  tab.on('request', (request) => requests.push(request.url()));
  tab.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  tab.on('pageerror', (error) => complaints.push(String(error)));
  try {
    await tab.goto(address);
    await tab.waitForFunction(() => globalThis.document.title !== 'waiting', undefined, {
      timeout: 60_000,
    });
    return { report: JSON.parse(await tab.title()), requests, complaints, address };
  } finally {
    await tab.close();
    server.close();
  }
}

function expectVisit({ report, requests, complaints, address }) {
  expect(complaints).toEqual([]);
  expect(report).toEqual({
    size: sizeInNode,
    expected: sizeInNode,
    name: 'digits.onnx',
    dims: [1, 10],
    compared: ['logits'],
  });
  expect(requests.filter((url) => !url.startsWith(address) && !url.startsWith('data:'))).toEqual(
    [],
  );
  expect(requests.filter((url) => url.endsWith('.wasm'))).toHaveLength(1);
}

test('the package has its files, each export and no dependencies', () => {
  const installed = path.join(project, 'node_modules', 'quantab');
  const manifest = JSON.parse(fs.readFileSync(path.join(installed, 'package.json'), 'utf8'));
  expect(manifest.dependencies).toBeUndefined();
  expect(
    fs.readdirSync(path.join(project, 'node_modules')).filter((name) => !name.startsWith('.')),
  ).toEqual(['quantab']);
  for (const name of ['LICENSE', 'README.md'])
    expect(fs.existsSync(path.join(installed, name))).toBe(true);
  for (const target of Object.values(manifest.exports)) {
    const files = typeof target === 'string' ? [target] : Object.values(target);
    for (const file of files) expect(fs.existsSync(path.join(installed, file))).toBe(true);
  }
  for (const [name, target] of Object.entries(manifest.exports)) {
    if (typeof target === 'object') expect([name, Object.keys(target)[0]]).toEqual([name, 'types']);
  }
});

describe('in Node', () => {
  const text = (load) => `${load}
    const model = await openModel(${JSON.stringify(digitsPath)});
    const dynamic = await model.quantizeDynamic({ weightType: 'QUInt8' });
    console.log((await dynamic.bytes()).byteLength);`;

  test('as an ES module', async () => {
    fs.writeFileSync(path.join(project, 'main.mjs'), text("import { openModel } from 'quantab';"));
    expect(await run(process.execPath, ['main.mjs'], { cwd: project })).toMatchObject({
      status: 0,
      stderr: '',
      stdout: `${sizeInNode}\n`,
    });
  });

  test('by import() from CommonJS', async () => {
    const body = text("const { openModel } = await import('quantab');");
    fs.writeFileSync(path.join(project, 'main.cjs'), `(async () => {${body}})();`);
    expect(await run(process.execPath, ['main.cjs'], { cwd: project })).toMatchObject({
      status: 0,
      stderr: '',
      stdout: `${sizeInNode}\n`,
    });
  });

  test('as a command', async () => {
    const { stdout, status } = await run(
      'npx',
      ['--no-install', 'quantab', 'inspect', digitsPath, '--json'],
      {
        cwd: project,
      },
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout).inputs[0].name).toBe('image');
  });

  test('its types are complete for a program that uses them strictly', async () => {
    const source = `
      import { openModel, QuantabError, Tensor, type Model, type Progress } from 'quantab';
      import { openModel as openDirect } from 'quantab/direct';
      import { groupSamples, readNpy, imageOptionsFor } from 'quantab/samples';
      export async function use(file: File, signal: AbortSignal): Promise<Uint8Array> {
        using model: Model = await openModel(file, { signal, externalData: { 'w.bin': new Uint8Array(4) } });
        const image = new Tensor('float32', [1, 1, 8, 8], new Float32Array(64));
        const onProgress = ({ stage, done, total }: Progress) => console.log(stage, done, total);
        using out = await model.quantizeStatic({
          calibrationData: [{ image }], calibrateMethod: 'MinMax', perChannel: true, signal, onProgress,
        });
        // @ts-expect-error: there is no such type.
        await model.quantizeDynamic({ weightType: 'Int9' }).catch((e: unknown) => e instanceof QuantabError && e.code);
        // @ts-expect-error: there is no such option.
        await model.quantizeDynamic({ wieghtType: 'QInt8' });
        const { median }: { median: number } = await out.benchmark({ runs: 3 });
        console.log(median, openDirect, groupSamples, readNpy, imageOptionsFor(model.info.inputs[0]!));
        return out.bytes();
      }
    `;
    fs.writeFileSync(path.join(project, 'use.mts'), source);
    const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const flags = [
      '--strict',
      '--noEmit',
      '--skipLibCheck',
      '--target',
      'es2022',
      '--lib',
      'esnext,dom',
    ];
    for (const module of [
      ['nodenext', 'nodenext'],
      ['esnext', 'bundler'],
    ]) {
      const args = [
        tsc,
        ...flags,
        '--module',
        module[0],
        '--moduleResolution',
        module[1],
        'use.mts',
      ];
      expect(await run(process.execPath, args, { cwd: project })).toMatchObject({
        stdout: '',
        status: 0,
      });
    }
  }, 300_000);
});

test('in an empty Vite project', async () => {
  fs.writeFileSync(path.join(project, 'index.html'), page('/main.js'));
  fs.writeFileSync(path.join(project, 'main.js'), program('quantab'));
  fs.mkdirSync(path.join(project, 'public'), { recursive: true });
  fs.copyFileSync(digitsPath, path.join(project, 'public', 'digits.onnx'));
  const vite = path.join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const built = await run(process.execPath, [vite, 'build', '--logLevel', 'error'], {
    cwd: project,
  });
  expect(built).toMatchObject({ status: 0, stderr: '' });
  expectVisit(await visit(path.join(project, 'dist')));
}, 180_000);

test('in a page without any tool', async () => {
  const site = path.join(out, 'site');
  fs.mkdirSync(site);
  fs.cpSync(path.join(project, 'node_modules', 'quantab', 'dist'), path.join(site, 'quantab'), {
    recursive: true,
  });
  fs.copyFileSync(digitsPath, path.join(site, 'digits.onnx'));
  fs.writeFileSync(path.join(site, 'index.html'), page('/main.js'));
  fs.writeFileSync(path.join(site, 'main.js'), program('./quantab/index.js'));
  expectVisit(await visit(site));
}, 120_000);
