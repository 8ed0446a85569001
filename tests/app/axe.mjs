// What axe finds wrong with a page.
import fs from 'node:fs';
import path from 'node:path';
import { root } from './page.mjs';

const SOURCE = fs.readFileSync(path.join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');

/** "rule: elements" for each rule that is broken. */
export async function violations(page) {
  // The page's own policy would refuse a script element; the debugger's evaluation is not bound by it.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(SOURCE);
  const result = await page.evaluate(() => globalThis.axe.run());
  return result.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(' ')}`,
  );
}
