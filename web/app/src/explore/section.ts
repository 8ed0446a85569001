// The place of a model's nodes on the page, empty until it is opened.
import type { LayerReport, Model } from 'quantab';
import { alertError } from '../alerts';
import { el } from '../dom';
import { counted } from '../format';

export interface Nodes {
  /** Shows what a result's layers say of the nodes; nothing when there is none. */
  showLayers(report: LayerReport | undefined): void;
  end(): void;
}

/** Offers to look through a model's nodes. */
export function offerNodes(section: HTMLElement, model: Model): Nodes {
  const { info } = model;
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
  let layers: LayerReport | undefined;
  let show: ((report: LayerReport | undefined) => void) | undefined;
  const load = async () => {
    const { explore } = await import('./explore');
    if (signal.aborted) return;
    show = explore(host, model, signal);
    show(layers);
  };
  details.addEventListener('toggle', () => {
    if (!details.open || isLoaded) return;
    isLoaded = true;
    load().catch((error: unknown) => {
      isLoaded = false;
      details.open = false;
      if (!signal.aborted) alertError(error);
    });
  });
  section.replaceChildren(details);
  section.hidden = info.nodes.length === 0;
  return {
    showLayers(report) {
      if (report === layers) return;
      layers = report;
      show?.(report);
    },
    end: () => controller.abort(),
  };
}
