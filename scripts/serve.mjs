// Serves the built page on this machine and prints its address; nothing but static files.
//
//   node scripts/serve.mjs [--port N] [FOLDER]
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pageHeaders } from '../web/app/headers.mjs';
import { root } from './lib/paths.mjs';
import { Failure, main } from './lib/run.mjs';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** The headers of everything in `folder`: those that its page asks for, with `changes` (undefined leaves one out). */
function commonHeaders(folder, changes) {
  const page = path.join(folder, 'index.html');
  const asked = pageHeaders(fs.existsSync(page) ? fs.readFileSync(page, 'utf8') : '');
  const headers = { 'Cache-Control': 'no-cache', ...asked, ...changes };
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
}

function respond(folder, changes, request, response) {
  const common = commonHeaders(folder, changes);
  const end = (status, headers, body) => {
    response.writeHead(status, { ...common, ...headers });
    response.end(body);
  };
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return end(405, { Allow: 'GET, HEAD' });
  let name;
  try {
    name = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
  } catch {
    return end(400, {});
  }
  let file = path.join(folder, path.normalize(name));
  if (file !== folder && !file.startsWith(folder + path.sep)) return end(404, {});
  if (fs.existsSync(file) && fs.statSync(file).isDirectory()) file = path.join(file, 'index.html');
  // As static hosts do, which read their _headers and do not give it out.
  if (!fs.existsSync(file) || path.basename(file) === '_headers') {
    return end(404, { 'Content-Type': 'text/plain' }, 'Not found\n');
  }
  const headers = {
    'Content-Type': TYPES[path.extname(file)] || 'application/octet-stream',
    'Content-Length': fs.statSync(file).size,
  };
  if (request.method === 'HEAD') return end(200, headers);
  response.writeHead(200, { ...common, ...headers });
  fs.createReadStream(file)
    .on('error', () => response.destroy())
    .pipe(response);
}

/**
 * Starts a server of `folder` on the loopback interface; port 0 takes a free one. `headers` are sent in place of the usual
 * ones of the same name.
 */
export function serve(folder, port = 0, { headers = {} } = {}) {
  const server = http.createServer((request, response) =>
    respond(folder, headers, request, response),
  );
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve({ server, address: `http://127.0.0.1:${server.address().port}/` });
    });
  });
}

/** Serves the page on its usual port, or on a free one when that is taken. */
export async function servePage({
  folder = path.join(root, 'web', 'app', 'dist'),
  port = 8080,
} = {}) {
  if (!fs.existsSync(path.join(folder, 'index.html'))) {
    throw new Failure(`'${folder}' has no index.html. Run: npm run build`);
  }
  const running = await serve(folder, port).catch((error) => {
    if (error.code !== 'EADDRINUSE') throw error;
    return serve(folder, 0);
  });
  process.stdout.write(`The page is at ${running.address} (Ctrl+C ends it)\n`);
  return running;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: { port: { type: 'string' } },
    });
    const folder = positionals[0] && path.resolve(positionals[0]);
    await servePage({ folder, port: values.port ? Number(values.port) : undefined });
  });
}
