// The place of a model's nodes on the page, empty until it is opened.
import type { ModelInfo } from 'quantab';
import { alertError } from '../alerts';
import { el } from '../dom';
import { counted } from '../format';

async function load(host: HTMLElement, info: ModelInfo, signal: AbortSignal): Promise<void> {
  const { explore } = await import('./explore');
  if (!signal.aborted) explore(host, info, signal);
}

/** Offers to look through a model's nodes; returns what ends that. */
export function offerNodes(section: HTMLElement, info: ModelInfo): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  const host = el('div');
  const title = el('h2', { id: 'nodes-title' }, 'Nodes and graph');
  const details = el(
    'details',
    { id: 'nodes-details' },
    el('summary', {}, title, el('span', { class: 'help' }, counted(info.nodes.length, 'node'))),
    host,
  );
  let isLoaded = false;
  details.addEventListener('toggle', () => {
    if (!details.open || isLoaded) return;
    isLoaded = true;
    load(host, info, signal).catch((error: unknown) => {
      isLoaded = false;
      details.open = false;
      if (!signal.aborted) alertError(error);
    });
  });
  section.replaceChildren(details);
  section.hidden = info.nodes.length === 0;
  return () => controller.abort();
}
