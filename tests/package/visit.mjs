// Pages for Chromium: a script that leaves its findings in the title, and what happened on the way.
import fs from 'node:fs';
import path from 'node:path';
import { serve } from '../../scripts/serve.mjs';

const CSP = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src data:";

/** A page that runs a module under a Content-Security-Policy. */
export const page = (script, csp = CSP) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${csp}" />
    <title>waiting</title>
    <link rel="icon" href="data:," />
  </head>
  <body>
    <script type="module" src="${script}"></script>
  </body>
</html>
`;

/** A module that puts what `body` returns, or throws, in the title. */
export const reporting = (imports, body) => `${imports}
try {
  const report = await (async () => {
    ${body}
  })();
  document.title = JSON.stringify(report);
} catch (error) {
  document.title = JSON.stringify({ failed: String(error.stack ?? error) });
}
`;

/**
 * Opens a page: what it put in its title, every request it made, and every complaint of the browser. The page can call
 * `functions`, by name, which run here.
 */
export async function visit(browser, address, functions = {}) {
  // A context of its own: nothing is cached or stored from page to page.
  const context = await browser.newContext();
  const tab = await context.newPage();
  const requests = [];
  const complaints = [];
  context.on('request', (request) => requests.push(request.url()));
  tab.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  tab.on('pageerror', (error) => complaints.push(String(error)));
  try {
    for (const [name, body] of Object.entries(functions)) await tab.exposeFunction(name, body);
    await tab.goto(address);
    await tab.waitForFunction(() => globalThis.document.title !== 'waiting', undefined, {
      timeout: 90_000,
    });
    return { report: JSON.parse(await tab.title()), requests, complaints, address };
  } finally {
    await context.close();
  }
}

/** Serves a folder for one visit. `headers` are sent in place of the usual ones. */
export async function visitFolder(browser, folder, headers = {}, functions = {}) {
  const { server, address } = await serve(folder, 0, { headers });
  try {
    return await visit(browser, address, functions);
  } finally {
    server.close();
  }
}

/** Headers of a page that is not isolated from others, and so cannot share memory with its workers. */
export const NOT_ISOLATED = {
  'Cross-Origin-Opener-Policy': undefined,
  'Cross-Origin-Embedder-Policy': undefined,
};

/** Writes a page and its module into a folder. */
export function writePage(folder, script, csp) {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'index.html'), page('/main.js', csp));
  fs.writeFileSync(path.join(folder, 'main.js'), script);
}
