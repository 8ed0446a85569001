// The packed package where users put it: an empty Vite project, Node, and a page without any tool.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import { openModel } from 'quantab';
import { launchChromium } from '../lib/chromium.mjs';
import { digitsPath, root, run, wait } from './lib.mjs';
import { install, pack } from './packed.mjs';
import { reporting, visit, visitFolder, writePage } from './visit.mjs';

const out = path.join(root, 'tests', '.out', 'tarball');
const project = path.join(out, 'project');

const viteScript = path.join(root, 'node_modules', 'vite', 'bin', 'vite.js');

const MANIFEST = { name: 'empty', private: true, version: '0.0.0' };
/** Quantizes the example both ways and reports the figures. */
const program = (specifier, { imports = '', options = '{}' } = {}) =>
  reporting(
    `${imports}\nimport { openModel } from '${specifier}';`,
    `
  const file = await (await fetch('/digits.onnx')).blob();
  const model = await openModel(new File([file], 'digits.onnx'), ${options});
  const dynamic = await model.quantizeDynamic({ weightType: 'QUInt8' });
  const bytes = await dynamic.bytes();
  const image = { dtype: 'float32', dims: [1, 1, 8, 8], data: new Float32Array(64).fill(0.5) };
  const fixed = await model.quantizeStatic({ calibrationData: [{ image }], activationType: 'QUInt8' });
  const { logits } = await fixed.run({ image });
  const { outputs } = await model.compare(fixed, [{ image }]);
  return {
    size: bytes.byteLength,
    expected: dynamic.byteLength,
    name: model.name,
    dims: logits.dims,
    compared: outputs.map(({ name }) => name),
  };`,
  );

let sizeInNode;
let browser;

beforeAll(async () => {
  const tarball = pack(out);
  fs.mkdirSync(project, { recursive: true });
  fs.writeFileSync(path.join(project, 'package.json'), JSON.stringify(MANIFEST));
  install(tarball, project);
  const model = await openModel(digitsPath);
  const dynamic = await model.quantizeDynamic({ weightType: 'QUInt8' });
  sizeInNode = dynamic.byteLength;
  dynamic.close();
  model.close();
  browser = await launchChromium();
}, 180_000);

afterAll(() => browser?.close());

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
  // What runs when it is loaded, rather than giving something to who imports it, must not be left out by bundlers.
  const scripts = ['app/quantab_app.js', 'worker.js', 'worker.node.js', 'cli/main.js'].map(
    (name) => `./dist/${name}`,
  );
  expect(manifest.sideEffects.sort()).toEqual(scripts.sort());
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

  describe('its types are complete for a program that uses them strictly', () => {
    const source = `
      import { openModel, QuantabError, Tensor, type Model, type OpenOptions, type Progress } from 'quantab';
      import { openModel as openDirect } from 'quantab/direct';
      import { groupSamples, readNpy, imageOptionsFor } from 'quantab/samples';
      export async function use(file: File, signal: AbortSignal): Promise<Uint8Array> {
        const places: OpenOptions = { worker: new URL('file:///w.js'), wasm: { simd: 'a.wasm' } };
        using model: Model = await openModel(file, { ...places, signal, externalData: { 'w.bin': new Uint8Array(4) } });
        const image = new Tensor('float32', [1, 1, 8, 8], new Float32Array(64));
        const onProgress = ({ stage, done, total }: Progress) => console.log(stage, done, total);
        using out = await model.quantizeStatic({
          calibrationData: [{ image }], calibrateMethod: 'MinMax', perChannel: true, signal, onProgress,
        });
        // @ts-expect-error: there is no such type.
        await model.quantizeDynamic({ weightType: 'Int9' }).catch((e: unknown) => e instanceof QuantabError && e.code);
        // @ts-expect-error: there is no such option.
        await model.quantizeDynamic({ wieghtType: 'QInt8' });
        // @ts-expect-error: it is not for callers.
        console.log(out._open);
        const { median }: { median: number } = await out.benchmark({ runs: 3 });
        console.log(median, openDirect, groupSamples, readNpy, imageOptionsFor(model.info.inputs[0]!));
        for await (const chunk of out.stream()) console.log(chunk.byteLength);
        const blob: Blob = await out.blob();
        await out.writeTo(new URL('file:///m.onnx'), { useExternalDataFormat: true, externalTarget: 'w.bin' });
        console.log(blob.size);
        return out.bytes();
      }
    `;
    const inPages = `
      import { openModel } from 'quantab';
      export async function use(handle: FileSystemFileHandle): Promise<number> {
        const worker = () => new Worker('w.js', { type: 'module' });
        using model = await openModel(handle, { worker });
        const { external } = await model.writeTo(handle, { useExternalDataFormat: true, externalTarget: handle });
        return external;
      }
    `;
    const inNode = `
      import { Worker } from 'node:worker_threads';
      import { openModel } from 'quantab';
      export const use = () => openModel('m.onnx', { worker: () => new Worker('w.js') });
    `;
    const nodenext = { module: 'nodenext', moduleResolution: 'nodenext' };
    const bundler = { module: 'esnext', moduleResolution: 'bundler' };
    const inBrowser = { lib: ['esnext', 'dom', 'dom.asynciterable'], types: [] };
    const typeRoots = [path.join(root, 'node_modules', '@types')];

    test.each([
      ['a page', { ...inBrowser, ...nodenext }, [source, inPages]],
      ['a bundled page', { ...inBrowser, ...bundler }, [source, inPages]],
      // Without what `using` needs: the types bring it along.
      ['an older page', { lib: ['es2022', 'dom'], types: [], ...bundler }, [inPages]],
      [
        'Node',
        { lib: ['es2023', 'esnext.disposable'], types: ['node'], typeRoots, ...nodenext },
        [source, inNode],
      ],
    ])(
      '%s',
      async (name, settings, sources) => {
        const folder = path.join(project, name.replaceAll(' ', '-'));
        fs.mkdirSync(folder);
        sources.forEach((text, i) => fs.writeFileSync(path.join(folder, `use${i}.mts`), text));
        const compilerOptions = { strict: true, noEmit: true, target: 'es2022', ...settings };
        fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
        const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
        const checked = await run(process.execPath, [tsc, '--project', folder], { cwd: project });
        expect(checked).toMatchObject({ stdout: '', status: 0 });
      },
      300_000,
    );
  });
});

describe('in an empty Vite project', () => {
  const folder = (name) => {
    const copy = path.join(out, name);
    fs.cpSync(project, copy, { recursive: true });
    fs.mkdirSync(path.join(copy, 'public'), { recursive: true });
    fs.copyFileSync(digitsPath, path.join(copy, 'public', 'digits.onnx'));
    return copy;
  };
  /** What a page gives to find all itself: the addresses that Vite has for the package's files. */
  const places = {
    imports: `
      import worker from 'quantab/worker?worker&url';
      import simd from 'quantab/quantab_simd.wasm?url';
      import relaxed from 'quantab/quantab_relaxed.wasm?url';`,
    options: '{ worker, wasm: { simd, relaxed } }',
  };

  test.each([
    ['as it is', {}],
    ['with the addresses of its files', places],
  ])(
    'that is built, %s',
    async (title, program_) => {
      const copy = folder(`built-${title.length}`);
      writePage(copy, program('quantab', program_));
      const built = await run(process.execPath, [viteScript, 'build', '--logLevel', 'error'], {
        cwd: copy,
      });
      expect(built).toMatchObject({ status: 0, stderr: '' });
      expectVisit(await visitFolder(browser, path.join(copy, 'dist')));
    },
    180_000,
  );

  test.each([
    ['excluded from pre-bundling', { exclude: ['quantab'] }, {}],
    ['pre-bundled, with the addresses of its files', {}, places],
  ])(
    'that is served for development: %s',
    async (title, optimizeDeps, program_) => {
      const copy = folder(`served-${title.length}`);
      // Vite's own client needs more than our policy grants.
      writePage(copy, program('quantab', program_), 'img-src data:');
      const config = {
        logLevel: 'info',
        optimizeDeps,
        server: { host: '127.0.0.1', port: 0, hmr: false },
      };
      fs.writeFileSync(
        path.join(copy, 'vite.config.mjs'),
        `export default ${JSON.stringify(config)};`,
      );
      let child;
      const said = [];
      const ended = run(process.execPath, [viteScript], {
        cwd: copy,
        env: { ...process.env, NO_COLOR: '1' },
        started: (process_) => (child = process_),
      });
      child.stdout.on('data', (text) => said.push(text));
      try {
        let address;
        for (let tries = 0; address === undefined && tries < 300; tries++) {
          await wait(100);
          [address] = /http:\S+/.exec(said.join('')) ?? [];
        }
        expectVisit(await visit(browser, address));
      } finally {
        child.kill();
        await ended;
      }
    },
    180_000,
  );
});

test('in a page without any tool', async () => {
  const site = path.join(out, 'site');
  writePage(site, program('./quantab/index.js'));
  fs.cpSync(path.join(project, 'node_modules', 'quantab', 'dist'), path.join(site, 'quantab'), {
    recursive: true,
  });
  fs.copyFileSync(digitsPath, path.join(site, 'digits.onnx'));
  expectVisit(await visitFolder(browser, site));
}, 120_000);
