// Rows of the layer report that open to histograms.
import type { LayerFigures, LayerReport, Model } from 'quantab';
import { alertError } from './alerts';
import { el } from './dom';
import type { RowDetails } from './keep_table';
import type { SampleSource } from './samples';
import type { ResultFile } from './work';

/** What histograms of layers are made of: both models, and the samples of the report. */
export interface LayerSource {
  model: Model;
  files: readonly ResultFile[];
  samples: SampleSource;
}

interface OpenRow {
  row: HTMLTableRowElement;
  /** What closes it. */
  button: HTMLElement;
  /** Ends the work on it. */
  controller: AbortController;
}

/** Rows that are open, by the name of their layer; until `signal` is aborted. */
export class OpenRows implements RowDetails {
  readonly #layers: ReadonlyMap<string, LayerFigures>;
  readonly #open = new Map<string, OpenRow>();

  constructor(
    private readonly report: LayerReport,
    private readonly source: LayerSource,
    signal: AbortSignal,
  ) {
    this.#layers = new Map(report.layers.map((layer) => [layer.name, layer]));
    signal.addEventListener('abort', () => {
      for (const name of [...this.#open.keys()]) this.#close(name);
    });
  }

  toggle(name: string): HTMLElement {
    const shown = this.#open.get(name);
    const button = el(
      'button',
      {
        type: 'button',
        class: 'link',
        'aria-label': `Histogram of ${name}`,
        'aria-expanded': String(shown !== undefined),
        onclick: () => {
          if (this.#open.has(name)) this.#close(name);
          else void this.#show(this.#layers.get(name)!, button);
        },
      },
      'histogram',
    );
    if (shown !== undefined) shown.button = button;
    return button;
  }

  restore(names: readonly string[], rows: NodeListOf<HTMLTableRowElement>): void {
    names.forEach((name, i) => {
      const shown = this.#open.get(name);
      if (shown !== undefined) rows[i]?.after(shown.row);
    });
  }

  #close(name: string): void {
    const shown = this.#open.get(name);
    if (shown === undefined) return;
    this.#open.delete(name);
    shown.controller.abort();
    shown.row.remove();
    shown.button.setAttribute('aria-expanded', 'false');
  }

  async #show(layer: LayerFigures, button: HTMLElement): Promise<void> {
    const place = el('td', { colspan: 4 });
    const row = el('tr', { class: 'opened' }, place);
    const controller = new AbortController();
    const { signal } = controller;
    this.#open.set(layer.name, { row, button, controller });
    button.closest('tr')!.after(row);
    button.setAttribute('aria-expanded', 'true');
    try {
      const { showLayerHistograms } = await import('./explore/layer_histograms');
      await showLayerHistograms(place, layer, this.report, this.source, signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#close(layer.name);
      alertError(error);
    }
  }
}
