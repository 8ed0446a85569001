// The headers the page should be served with: used by its build for static hosts, and by the server of this repository.
// The policy itself is written once, in index.html; it is sent as a header too because workers take theirs from the headers
// of their own script.

/** An isolated page may share memory with its worker, so that a call can be cancelled without ending the worker. */
export const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** The headers for everything in the folder of a page. */
export function pageHeaders(html) {
  const policy = /<meta\s+http-equiv="Content-Security-Policy"\s+content="([^"]*)"/.exec(html)?.[1];
  return {
    ...(policy === undefined ? {} : { 'Content-Security-Policy': policy }),
    ...ISOLATION,
    'X-Content-Type-Options': 'nosniff',
  };
}

/** The same as a `_headers` file, which Netlify, Cloudflare Pages and others read. */
export function headersFile(html) {
  const lines = Object.entries(pageHeaders(html)).map(([name, value]) => `  ${name}: ${value}\n`);
  return `/*\n${lines.join('')}`;
}
