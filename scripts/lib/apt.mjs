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

// Options of the one-line format under their names in the other.
const OPTION_FIELDS = {
  arch: 'Architectures',
  trusted: 'Trusted',
  'signed-by': 'Signed-By',
  'check-valid-until': 'Check-Valid-Until',
  'allow-insecure': 'Allow-Insecure',
};

function fieldsOfOptions(text = '') {
  const pairs = [...text.matchAll(/([a-z-]+)=(\S+)/g)];
  return Object.fromEntries(
    pairs
      .filter(([, name]) => name in OPTION_FIELDS)
      .map(([, name, value]) => [OPTION_FIELDS[name], value.replaceAll(',', ' ')]),
  );
}

/** Whether the lists that apt has fetched say that the source's release is Debian's own; true when it has fetched none. */
function isDebians({ URIs, Suites }) {
  const lists = '/var/lib/apt/lists';
  const names = fs.existsSync(lists) ? fs.readdirSync(lists) : [];
  const [uri] = URIs.split(/\s+/);
  const [suite] = Suites.split(/\s+/);
  const begin = `${uri.replace(/^[a-z+]+:\/*/, '').replace(/\/+$/, '')}/dists/${suite}/`;
  const found = names.filter(
    (name) => name.startsWith(begin.replaceAll('/', '_')) && /_(In)?Release$/.test(name),
  );
  return (
    found.length === 0 ||
    found.some((name) => /^Origin: Debian$/m.test(fs.readFileSync(path.join(lists, name), 'utf8')))
  );
}

// The stanzas of the machine's sources that serve the release itself (not updates, security or
// another vendor's packages), as {fields}, from both formats apt reads.
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
      const [, options, URIs, Suites, Components] = match;
      stanzas.push({ URIs, Suites, Components, ...fieldsOfOptions(options) });
    }
  }
  return stanzas.filter(
    (fields) =>
      !/^(no|false)$/i.test(fields.Enabled || '') &&
      fields.Suites.split(/\s+/).some((s) => s === codename || s === 'stable') &&
      isDebians(fields),
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
    .map((fields) => ({ ...fields, Types: types, Suites: suite }))
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
