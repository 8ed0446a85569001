// The layers of a quantized model, worst first, and which of them to keep in float.
import type { LayerFigures, LayerReport } from 'quantab';
import { el, table } from './dom';
import { counted, decibels } from './format';

/** Rows that are shown at once. */
const FEW = 15;

/** Where a bar of error is full and where it is empty, in decibels. */
const WORST = 0;
const BEST = 60;

/** The error of a layer by itself: the longer the bar, the worse. */
function bar({ own }: LayerFigures): HTMLElement {
  const value = own!.sqnrDb ?? (own!.mse === 0 ? BEST : WORST);
  const badness = 1 - Math.min(1, Math.max(0, (value - WORST) / (BEST - WORST)));
  return el('meter', {
    min: 0,
    max: 1,
    value: Number(badness.toFixed(3)),
    'aria-hidden': 'true',
  });
}

/** Names can be given on only where the settings' list of names can hold them. */
const canExclude = ({ nodes }: LayerFigures): boolean =>
  nodes.length > 0 && !nodes.some((node) => node.includes(','));

function row(layer: LayerFigures, changed: () => void): (Node | string)[] {
  const { name, opType, own, accumulated } = layer;
  const ownFigure = decibels(own!.sqnrDb, own!.mse);
  return [
    el('span', {}, name, el('small', {}, ` ${opType}`)),
    el('span', { class: 'barred' }, bar(layer), ` ${ownFigure}`),
    decibels(accumulated.sqnrDb, accumulated.mse),
    canExclude(layer)
      ? el('input', {
          type: 'checkbox',
          'aria-label': `Keep ${name} in float`,
          'data-layer': name,
          onchange: changed,
        })
      : '–',
  ];
}

/** `again` is given the names of the nodes to keep in float, when that is asked for. */
export function layersView(report: LayerReport, again: (nodes: string[]) => void): HTMLElement {
  const layers = report.layers.filter(({ own }) => own !== null);
  if (layers.length === 0) {
    return el('p', { class: 'help', id: 'layers' }, 'No layer of this model is quantized.');
  }
  const box = el('div', { id: 'layers' });
  const chosen = (): LayerFigures[] =>
    layers.filter(
      ({ name }) =>
        box.querySelector<HTMLInputElement>(`[data-layer=${CSS.escape(name)}]`)?.checked === true,
    );
  const button = el(
    'button',
    {
      type: 'button',
      id: 'keep-in-float',
      onclick: () => {
        const nodes = chosen().flatMap((layer) => layer.nodes);
        if (nodes.length > 0) again(nodes);
      },
    },
    '',
  );
  const changed = () => {
    const { length } = chosen();
    button.setAttribute('aria-disabled', String(length === 0));
    button.textContent =
      length === 0
        ? 'Choose layers to keep in float'
        : `Quantize again with ${counted(length, 'layer')} in float`;
  };
  const show = (count: number) => {
    const kept = new Set(chosen().map(({ name }) => name));
    const shown = table(
      `Layers, worst first (${counted(report.samples, 'sample')})`,
      [
        { head: 'Layer' },
        { head: 'Its own error, dB', number: true },
        { head: 'With all before it, dB', number: true },
        { head: 'Keep in float' },
      ],
      layers.slice(0, count).map((layer) => row(layer, changed)),
    );
    for (const input of shown.querySelectorAll<HTMLInputElement>('[data-layer]')) {
      input.checked = kept.has(input.dataset['layer']!);
    }
    const more =
      count < layers.length &&
      el(
        'button',
        {
          type: 'button',
          class: 'link',
          onclick: () => {
            show(layers.length);
            // The button that had the focus is gone.
            box.querySelector<HTMLElement>('[role=region]')?.focus();
          },
        },
        `Show all ${counted(layers.length, 'layer')}`,
      );
    box.replaceChildren(
      shown,
      el(
        'p',
        { class: 'help' },
        'Fewer decibels are worse. A layer’s own error is what quantizing it alone does to its result.',
      ),
      el('p', { class: 'actions' }, button, more),
    );
    changed();
  };
  show(FEW);
  return box;
}
