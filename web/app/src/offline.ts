// Works without a network after the first visit; a new version waits for the user's consent, which counts for one tab.
import { el } from './dom';

function offer(place: HTMLElement, text: string, action: string, take: () => void): void {
  place.replaceChildren(
    text,
    el('button', { type: 'button', class: 'link', onclick: take }, action),
    ' (an open model is closed)',
  );
}

/** Registers the service worker, and says in `place` what it has reached. */
export function workOffline(place: HTMLElement): void {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
  const { serviceWorker } = navigator;
  let consented = false;
  let controlled = serviceWorker.controller !== null;
  serviceWorker.controller?.postMessage('loaded');

  serviceWorker.addEventListener('controllerchange', () => {
    // The first version takes over a page that it has loaded itself.
    if (!controlled) controlled = true;
    else if (consented) location.reload();
    else offer(place, 'A new version is in use. ', 'Load it here', () => location.reload());
  });

  const follow = (worker: ServiceWorker, isUpdate: boolean) => {
    const report = () => {
      if (worker.state === 'activated' && !isUpdate) place.textContent = 'Ready to work offline.';
      if (worker.state !== 'installed' || !isUpdate) return;
      offer(place, 'A new version is here. ', 'Use it now', () => {
        consented = true;
        worker.postMessage('activate');
      });
    };
    worker.addEventListener('statechange', report);
    report();
  };

  serviceWorker
    .register(new URL('service_worker.js', document.baseURI))
    .then((registration) => {
      const { active, waiting, installing } = registration;
      if (active !== null) follow(active, false);
      const next = waiting ?? installing;
      if (next !== null) follow(next, active !== null);
      registration.addEventListener('updatefound', () => {
        if (registration.installing !== null)
          follow(registration.installing, registration.active !== null);
      });
    })
    .catch(() => {
      place.textContent = 'This browser keeps no copy for work offline.';
    });
}
