// A source file of the page that imports nothing, as a module to test by itself.
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { root } from './page.mjs';

export async function importSource(name) {
  const source = fs.readFileSync(path.join(root, 'web', 'app', 'src', name), 'utf8');
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  const { outputText } = ts.transpileModule(source, { compilerOptions: options });
  return import(`data:text/javascript,${encodeURIComponent(outputText)}`);
}
