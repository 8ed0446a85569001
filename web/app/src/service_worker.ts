// Answers every request for the page's own files from a cache that is filled once, when this version is installed. The build puts
// the list of files and the version in (vite.config.ts).
/// <reference lib="webworker" />
export {};
declare const __FILES__: string[];
declare const __VERSION__: string;

const scope = self as unknown as ServiceWorkerGlobalScope;
const cacheName = `quantab-${__VERSION__}`;

scope.addEventListener('install', (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(__FILES__)));
});

scope.addEventListener('activate', (event) => {
  const drop = async () => {
    for (const key of await caches.keys()) if (key !== cacheName) await caches.delete(key);
    await scope.clients.claim();
  };
  event.waitUntil(drop());
});

scope.addEventListener('message', (event) => {
  if (event.data === 'activate') void scope.skipWaiting();
});

scope.addEventListener('fetch', (event) => {
  if (event.request.method !== 'GET' || new URL(event.request.url).origin !== location.origin)
    return;
  const answer = async () => {
    const cache = await caches.open(cacheName);
    return (await cache.match(event.request, { ignoreSearch: true })) ?? fetch(event.request);
  };
  event.respondWith(answer());
});
