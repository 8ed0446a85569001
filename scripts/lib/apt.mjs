// apt: installing by package name, and a private configuration for what the system's own lists lack
// (source packages; single packages of a newer release). Hosts always come from the machine's own
// sources, so a mirror or proxy set up there is used here too.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { cache } from './paths.mjs';
import { Failure, capture, run, say } from './run.mjs';

/** { id, codename, major } of a Debian system; null anywhere else. */
export function debian() {
  if (!fs.existsSync('/etc/os-release') || capture('dpkg', ['--version']) === null) return null;
  const text = fs.readFileSync('/etc/os-release', 'utf8');
  const value = (key) => (text.match(new RegExp(`^${key}="?([^"\\n]*)"?$`, 'm')) || [])[1] || '';
  if (value('ID') !== 'debian') return null;
  return { codename: value('VERSION_CODENAME'), major: Number(value('VERSION_ID')) };
}

// The names among `names` that are not installed.
function missingOf(names) {
  const format = '${Package} ${Status}\\n';
  const result = spawnSync('dpkg-query', ['-W', '-f', format, ...names], { encoding: 'utf8' });
  const present = result.stdout.match(/^\S+(?= .* installed$)/gm) || [];
  return names.filter((name) => !present.includes(name));
}

/** Installs the packages that are missing; says which. Needs root only when there are any. */
export async function install(names) {
  const missing = missingOf(names);
  if (missing.length === 0) return [];
  if (process.getuid() !== 0) {
    throw new Failure(
      `Packages are missing and only root can install them. Run: sudo apt-get install ${missing.join(' ')}`,
    );
  }
  say(`Installing ${missing.join(' ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const log = path.join(cache, 'logs', 'apt.log');
  await run('apt-get', ['update', '-q'], { env, log });
  await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], {
    env,
    log,
  });
  return missing;
}

// The stanzas of the machine's sources that serve the release itself (not updates or security),
// as {fields}, from both formats apt reads.
function mainStanzas(codename) {
  const folder = '/etc/apt/sources.list.d';
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const stanzas = [];
  for (const name of names.filter((n) => n.endsWith('.sources'))) {
    for (const block of fs.readFileSync(path.join(folder, name), 'utf8').split(/\n\s*\n/)) {
      const lines = block.split('\n').filter((line) => !line.startsWith('#'));
      const fields = {};
      let key;
      for (const line of lines) {
        const match = line.match(/^([A-Za-z-]+):\s*(.*)$/);
        if (match) fields[(key = match[1])] = match[2];
        else if (key && /^\s/.test(line)) fields[key] += `\n${line}`;
      }
      if (fields.URIs) stanzas.push(fields);
    }
  }
  const lists = [
    '/etc/apt/sources.list',
    ...names.filter((n) => n.endsWith('.list')).map((n) => path.join(folder, n)),
  ];
  for (const file of lists.filter((f) => fs.existsSync(f))) {
    for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
      const match = line.match(/^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)$/);
      if (!match) continue;
      const signed = (match[1] || '').match(/signed-by=(\S+)/);
      stanzas.push({
        URIs: match[2],
        Suites: match[3],
        Components: match[4],
        ...(signed ? { 'Signed-By': signed[1] } : {}),
      });
    }
  }
  return stanzas.filter((fields) =>
    fields.Suites.split(/\s+/).some((s) => s === codename || s === 'stable'),
  );
}

/**
 * A second apt configuration in the cache, for one release and one type of package.
 * `suite` is a release's codename, `types` is 'deb' or 'deb-src'. Returns (args, options) => run.
 */
export async function privateApt({ suite, types }) {
  const system = debian();
  if (!system) throw new Failure('This step needs Debian.');
  const folder = path.join(cache, 'apt', `${suite}-${types}`);
  for (const sub of ['lists/partial', 'cache/archives/partial', 'sources.list.d']) {
    fs.mkdirSync(path.join(folder, sub), { recursive: true });
  }
  const stanzas = mainStanzas(system.codename);
  if (stanzas.length === 0) {
    throw new Failure(
      `No source for '${system.codename}' was found in /etc/apt; add one and try again.`,
    );
  }
  const text = stanzas
    .map((fields) => ({ ...fields, Types: types, Suites: suite, Enabled: 'yes' }))
    .map((fields) =>
      Object.entries(fields)
        .map(([k, v]) => `${k}: ${v}`)
        .join('\n'),
    )
    .join('\n\n');
  fs.writeFileSync(path.join(folder, 'sources.list.d', 'private.sources'), `${text}\n`);
  const options = {
    'Dir::State::Lists': path.join(folder, 'lists'),
    'Dir::Cache': path.join(folder, 'cache'),
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': path.join(folder, 'sources.list.d'),
    'APT::Default-Release': suite,
    'APT::Sandbox::User': 'root',
  };
  const flags = Object.entries(options).flatMap(([k, v]) => ['-o', `${k}=${v}`]);
  const log = path.join(cache, 'logs', `apt-${suite}-${types}.log`);
  await run('apt-get', [...flags, 'update', '-q'], { log });
  return (args, more = {}) => run('apt-get', [...flags, ...args], { log, ...more });
}
