// Models of many nodes, and the view of nodes opened.
import { makeModel } from './models.mjs';

/** `count` nodes in a row, Relu and now and then an Add of what was five nodes before. */
export function manyNodes(count) {
  const value = (i) => (i === 0 ? 'x' : i === count ? 'y' : `h${i}`);
  const nodes = Array.from({ length: count }, (_, i) =>
    i % 10 === 9
      ? { type: 'Add', inputs: [value(i), value(i - 5)], outputs: [value(i + 1)] }
      : { type: 'Relu', inputs: [value(i)], outputs: [value(i + 1)] },
  );
  return makeModel({
    inputs: [{ name: 'x', dims: [1, 4] }],
    outputs: [{ name: 'y', dims: [1, 4] }],
    nodes,
  });
}

/** Opens a model and its nodes, and waits for the drawing. */
export async function openNodes(tab, bytes) {
  await tab.open({ name: 'm.onnx', bytes });
  await tab.page.click('#nodes summary');
  await tab.shown('#graph');
}

/** Waits until an element says so. */
export const says = (tab, selector, text) =>
  tab.page.waitForFunction(
    ([where, expected]) => document.querySelector(where)?.textContent === expected,
    [selector, text],
  );

/** The name of the selected row, when the table shows it. */
export const selectedRow = (tab) =>
  tab.page.evaluate(() => document.querySelector('#node-table [aria-current]')?.textContent);

export const rowCount = (tab) => tab.page.locator('#node-table tbody tr').count();
