// Sources and data that are fetched by package name, compared with their pinned sums, and kept in the cache. A file already in
// <cache>/downloads is used as it is.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { privateApt, debian } from './apt.mjs';
import { locked } from './lock.mjs';
import { cache } from './paths.mjs';
import { Failure, run, say } from './run.mjs';
import { ONNX, ONNX_BUILD, TESTDATA } from './versions.mjs';

export const sha256 = (file) => createHash('sha256').update(fs.readFileSync(file)).digest('hex');

function checkSum(file, pin, advice) {
  const actual = sha256(file);
  if (actual === pin.sha256) return;
  throw new Failure(`'${file}' has sha256 ${actual}, expected ${pin.sha256}. ${advice}`);
}

async function fetched(file, pin, fetch) {
  const target = path.join(cache, 'downloads', file);
  if (fs.existsSync(target)) {
    checkSum(target, pin, 'Delete it and try again.');
  } else {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'quantab-'));
    try {
      await fetch(folder);
      const found = path.join(folder, file);
      if (!fs.existsSync(found)) throw new Failure(`'${file}' was not in what was fetched.`);
      checkSum(found, pin, 'What is served under that name is not what was pinned.');
      fs.mkdirSync(path.dirname(target), { recursive: true });
      fs.cpSync(found, `${target}.part`);
      fs.renameSync(`${target}.part`, target);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }
  return target;
}

async function unpacked(archive, name) {
  const folder = path.join(cache, 'sources', name);
  if (fs.existsSync(folder)) return folder;
  const temporary = `${folder}.part`;
  fs.rmSync(temporary, { recursive: true, force: true });
  fs.mkdirSync(temporary, { recursive: true });
  await run('tar', ['-xzf', archive, '-C', temporary, '--strip-components=1']);
  fs.renameSync(temporary, folder);
  return folder;
}

export async function onnxSource() {
  const name = `onnx-${ONNX.version}`;
  const archive = await fetched(`${name}.tar.gz`, ONNX, async (folder) => {
    say(`Fetching the sources of onnx ${ONNX.version}`);
    // pip runs the package's build script to learn its version: only after it has compared the sum, and with pinned tools.
    const wanted = path.join(folder, 'wanted.txt');
    const tools = path.join(folder, 'tools.txt');
    fs.writeFileSync(wanted, `onnx==${ONNX.version} --hash=sha256:${ONNX.sha256}\n`);
    fs.writeFileSync(tools, `${ONNX_BUILD.join('\n')}\n`);
    await run(
      'python3',
      [
        ...['-m', 'pip', 'download', '--require-hashes', '-r', wanted],
        ...['--no-deps', '--no-binary', 'onnx', '-d', folder],
      ],
      { log: path.join(cache, 'logs', 'pip.log'), env: { PIP_CONSTRAINT: tools } },
    );
  });
  return unpacked(archive, name);
}

// The upstream archive of a Debian source package, from one release of Debian.
export async function debianSource(name, pin, suite) {
  const file = `${name}_${pin.version}.orig.tar.gz`;
  const archive = await fetched(file, pin, async (folder) => {
    say(`Fetching the sources of ${name} ${pin.version}`);
    const system = debian();
    if (!system) {
      const downloads = path.join(cache, 'downloads');
      throw new Failure(`Put Debian's '${file}' into '${downloads}' and try again.`);
    }
    const apt = await privateApt({ suite: suite || system.codename, types: 'deb-src' });
    await apt(['source', '--download-only', '--tar-only', name], { cwd: folder });
  });
  return unpacked(archive, `${name}-${pin.version}`);
}

/** ONNX's backend test data, from Debian's package of it: the folder that holds node/. */
export async function onnxTestData() {
  const { version, suite } = TESTDATA;
  const file = `libonnx-testdata_${version}_all.deb`;
  const archive = await fetched(file, TESTDATA, async (folder) => {
    say(`Fetching ONNX's test data ${version}`);
    if (!debian()) {
      const downloads = path.join(cache, 'downloads');
      throw new Failure(`Put Debian's '${file}' into '${downloads}' and try again.`);
    }
    const apt = await privateApt({ suite, types: 'deb' });
    await apt(['download', `libonnx-testdata=${version}`], { cwd: folder });
  });
  const name = `onnx-testdata-${version}`;
  const folder = path.join(cache, 'sources', name);
  if (!fs.existsSync(folder)) {
    const temporary = `${folder}.part`;
    fs.rmSync(temporary, { recursive: true, force: true });
    await run('dpkg-deb', ['-x', archive, temporary]);
    fs.renameSync(temporary, folder);
  }
  return path.join(folder, 'usr', 'share', 'libonnx-testdata', 'data');
}

// Fetching and unpacking, by one process at a time: they share folders.
export const withSources = (body) => locked(path.join(cache, 'sources.lock'), body);
