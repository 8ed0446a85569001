// clang-format on C++, prettier on the rest; says which command repairs it.
import { files } from '../lib/files.mjs';
import { root } from '../lib/paths.mjs';
import { capture, run as execute } from '../lib/run.mjs';

export const title = 'formatting';

// The version is named because each formats a little differently.
const CLANG_FORMAT = 'clang-format-19';

export async function run() {
  const problems = [];
  const sources = files(/^(core|wasm|tests)\/.*\.(h|cc)$/);
  const formatted = (names) =>
    capture(CLANG_FORMAT, ['--dry-run', '-Werror', ...names], { cwd: root }) !== null;
  // One call for all is fast; only when it objects is each file asked.
  if (sources.length > 0 && !formatted(sources)) {
    for (const name of sources.filter((each) => !formatted([each]))) {
      problems.push(`${name}: run '${CLANG_FORMAT} -i ${name}'.`);
    }
  }
  const code = await execute('npx', ['prettier', '--check', '--log-level', 'warn', '.'], {
    cwd: root,
    allowFailure: true,
  });
  if (code !== 0) problems.push("Files above: run 'npx prettier --write .'.");
  return problems;
}
