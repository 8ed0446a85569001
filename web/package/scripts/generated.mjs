// Files that are generated and kept in the tree: written, or compared with what is there.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const packageFolder = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const root = path.join(packageFolder, '..', '..');

/**
 * Writes files of `folder`, given as texts by their names, where they differ from what is there. When the script that calls was given
 * --check, it says instead which of them do, and has the process fail.
 */
export function settle(folder, texts) {
  const check = process.argv.includes('--check');
  const script = path.relative(root, process.argv[1]);
  for (const [name, text] of Object.entries(texts)) {
    const file = path.join(folder, name);
    if (fs.existsSync(file) && fs.readFileSync(file, 'utf8') === text) continue;
    const shown = path.relative(root, file);
    if (check) {
      process.exitCode = 1;
      process.stderr.write(`error: '${shown}' is out of step. Run: node ${script}\n`);
    } else {
      fs.mkdirSync(folder, { recursive: true });
      fs.writeFileSync(file, text);
      process.stdout.write(`wrote ${shown}\n`);
    }
  }
}
