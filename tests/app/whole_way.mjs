// The whole way of a person through the page, whatever the model takes.
import { expect } from '@jest/globals';
import { violations } from './axe.mjs';

/** The first output's decibels. */
const decibels = async (tab) =>
  Number(await tab.text('#figures table >> nth=1 >> tbody td >> nth=0'));

const LAYERS = '#layers tbody tr';

export const readyOffline = (tab) =>
  tab.page.waitForFunction(
    () => document.getElementById('offline').textContent === 'Ready to work offline.',
  );

/** From samples to a better model: quantize, read the verdict, keep the worst layer in float. Gives the downloaded file. */
export async function quantizeAndImprove(tab, method) {
  const { page } = tab;
  await page.check(`#method-${method}`);
  await tab.quantize();
  expect(await tab.text('#verdict')).toMatch(
    /same first choice on|practically the same|are close|differ noticeably/,
  );
  expect(await violations(page)).toEqual([]);
  const before = await decibels(tab);
  const worst = page.locator(LAYERS).first().locator('input');
  await worst.check();
  await page.click('#keep-in-float');
  await tab.finished();
  expect(await tab.text('#made-with')).toContain('Nodes to exclude: ');
  expect(await decibels(tab)).toBeGreaterThan(before);
  const recipe = JSON.parse(await tab.text('#recipe pre'));
  expect(recipe[`quantize_${method}`].nodes_to_exclude.length).toBeGreaterThan(0);
  expect(await violations(page)).toEqual([]);
  return tab.download();
}

/** Ends the network and the server, and loads the page again. */
export async function goOffline({ tab, context, server }) {
  await readyOffline(tab);
  await context.setOffline(true);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await tab.page.reload();
}
