// What axe finds wrong with a page as it is.
import fs from 'node:fs';
import path from 'node:path';
import { root } from './page.mjs';

const SOURCE = path.join(root, 'node_modules', 'axe-core', 'axe.min.js');

export async function violationsOf(page) {
  // The page's own policy would refuse a script element; the debugger's evaluation is not bound by it.
  await page.evaluate(fs.readFileSync(SOURCE, 'utf8'));
  const result = await page.evaluate(() => globalThis.axe.run());
  return result.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(' ')}`,
  );
}
