// Works without a network after the first visit; a new version waits for the user's consent.
import { el } from './dom';

function offerUpdate(place: HTMLElement, waiting: ServiceWorker): void {
  place.replaceChildren(
    'A new version is here. ',
    el(
      'button',
      { type: 'button', class: 'link', onclick: () => waiting.postMessage('activate') },
      'Use it now',
    ),
    ' (an open model is closed)',
  );
}

/** Registers the service worker, and says in `place` what it has reached. */
export function workOffline(place: HTMLElement): void {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
  const { serviceWorker } = navigator;
  const updating = serviceWorker.controller !== null;
  serviceWorker.addEventListener('controllerchange', () => {
    if (updating) location.reload();
  });
  const ready = () => {
    place.textContent = 'Ready to work offline.';
  };
  serviceWorker
    .register(new URL('service_worker.js', document.baseURI))
    .then((registration) => {
      if (registration.waiting !== null && updating) offerUpdate(place, registration.waiting);
      else if (registration.active !== null) ready();
      registration.addEventListener('updatefound', () => {
        const worker = registration.installing;
        worker?.addEventListener('statechange', () => {
          if (worker.state === 'installed' && updating) offerUpdate(place, worker);
          if (worker.state === 'activated' && !updating) ready();
        });
      });
    })
    .catch(() => {
      place.textContent = 'This browser keeps no copy for work offline.';
    });
}
