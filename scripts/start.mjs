// From a fresh clone to a running page: sets up, builds, quantizes the bundled example and prints its
// table, then serves the page.
//
//   npm start                      npm start -- --no-serve       ends after the table
//   npm start -- --port 9000
import path from 'node:path';
import { parseArgs } from 'node:util';
import { PARTS, SHIPPED } from './lib/builds.mjs';
import { root } from './lib/paths.mjs';
import { main, run, say } from './lib/run.mjs';
import { servePage } from './serve.mjs';
import { setup } from './setup.mjs';

await main(async () => {
  const { values } = parseArgs({
    options: { 'no-serve': { type: 'boolean', default: false }, port: { type: 'string' } },
  });
  await setup(['build']);
  for (const name of SHIPPED) await PARTS[name]();
  say('Quantizing the bundled example');
  await run(process.execPath, [path.join('examples', 'digits', 'run.mjs')], { cwd: root });
  if (!values['no-serve']) await servePage({ port: values.port ? Number(values.port) : undefined });
});
