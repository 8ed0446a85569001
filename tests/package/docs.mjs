// Runs what a page of documentation shows, in a folder that holds a copy of examples/digits under the name 'digits'.
//
//   node tests/package/docs.mjs [--write] [FILE...]     default: docs/guide.md; --write puts in what is printed now
//
// A block of JavaScript that begins with '// NAME' is the file NAME. The lines of a block 'sh' are run one after another; where a block
// 'text' follows, it is what they print.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cliScript, root, run } from './lib.mjs';

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm;

/** The blocks of a page, in their order: language, content and where the content is. */
export function blocksOf(text) {
  return [...text.matchAll(FENCE)].map((match) => ({
    language: match[1],
    content: match[2],
    begin: match.index + match[0].indexOf('\n') + 1,
    end: match.index + match[0].length - '```'.length,
  }));
}

/** A folder below the repository, where the package is found by its name, with a program `npx` that knows only quantab. */
function makeFolder(name) {
  const folder = path.join(root, 'tests', '.out', 'docs', name);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(path.join(folder, '.bin'), { recursive: true });
  fs.cpSync(path.join(root, 'examples', 'digits'), path.join(folder, 'digits'), {
    recursive: true,
  });
  const npx = `#!/bin/sh\n[ "$1" = quantab ] || exit 127\nshift\nexec '${process.execPath}' '${cliScript}' "$@"\n`;
  fs.writeFileSync(path.join(folder, '.bin', 'npx'), npx, { mode: 0o755 });
  return folder;
}

/** Runs a page's blocks; gives those with the language 'text' as { expected, actual, begin, end }. Throws where a command fails. */
export async function runPage(file) {
  const text = fs.readFileSync(file, 'utf8');
  const folder = makeFolder(path.basename(file, '.md'));
  const env = {
    ...process.env,
    PATH: `${path.join(folder, '.bin')}${path.delimiter}${process.env.PATH}`,
  };
  const printed = [];
  let last = '';
  for (const { language, content, begin, end } of blocksOf(text)) {
    if (language === 'text') {
      printed.push({ expected: content, actual: last, begin, end });
    } else if (language === 'js') {
      const name = /^\/\/ ([\w.]+\.mjs)\n/.exec(content)?.[1];
      if (name !== undefined) fs.writeFileSync(path.join(folder, name), content);
    } else if (language === 'sh') {
      const { status, stdout, stderr } = await run('sh', ['-e', '-c', content], {
        cwd: folder,
        env,
      });
      if (status !== 0) {
        throw new Error(`${path.relative(root, file)}: '${content.trim()}' failed: ${stderr}`);
      }
      last = stdout;
    }
  }
  return printed;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  const files = args.filter((arg) => arg !== '--write');
  for (const file of files.length > 0 ? files : [path.join(root, 'docs', 'guide.md')]) {
    const printed = await runPage(file);
    let text = fs.readFileSync(file, 'utf8');
    for (const { actual, begin, end } of printed.reverse()) {
      text = text.slice(0, begin) + actual + text.slice(end);
    }
    if (args.includes('--write')) fs.writeFileSync(file, text);
    else process.stdout.write(text);
  }
}
