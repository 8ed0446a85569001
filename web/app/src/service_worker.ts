// Answers every request for the page's own files from a cache that is filled once, when this version is installed. The build puts
// the list of files and the version in (vite.config.ts).
/// <reference lib="webworker" />
export {};
declare const __FILES__: string[];
declare const __VERSION__: string;

const scope = self as unknown as ServiceWorkerGlobalScope;
/** Begins the names of this page's caches: other pages of the same origin have theirs. */
const prefix = `quantab ${scope.registration.scope} `;
const cacheName = prefix + __VERSION__;

const otherVersions = async (): Promise<string[]> =>
  (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== cacheName);

/** Older versions' files go as soon as no other tab can ask for them. */
async function dropOlder(): Promise<void> {
  const { waiting, installing } = scope.registration;
  // What is not this version's may be a newer one's, then.
  if (waiting !== null || installing !== null) return;
  const tabs = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (tabs.filter(({ url }) => url.startsWith(scope.registration.scope)).length > 1) return;
  for (const name of await otherVersions()) await caches.delete(name);
}

scope.addEventListener('install', (event) => {
  // Past the browser's own cache, which may still hold the files of the version before.
  const requests = __FILES__.map((file) => new Request(file, { cache: 'reload' }));
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(requests)));
});

scope.addEventListener('activate', (event) => {
  event.waitUntil(dropOlder().then(() => scope.clients.claim()));
});

scope.addEventListener('message', (event) => {
  if (event.data === 'activate') void scope.skipWaiting();
  if (event.data === 'loaded') event.waitUntil(dropOlder());
});

async function answer(request: Request): Promise<Response> {
  for (const name of [cacheName, ...(await otherVersions())]) {
    const hit = await (await caches.open(name)).match(request, { ignoreSearch: true });
    if (hit !== undefined) return hit;
  }
  return fetch(request);
}

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return;
  event.respondWith(answer(request));
});
