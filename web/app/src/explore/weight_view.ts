// How the numbers of a stored weight are spread. The core reads the weight when somebody asks for it.
import type { WeightHistogram } from 'quantab';
import { isCancelled, messageOf } from '../alerts';
import { activeElement, el } from '../dom';
import { count, counted, figure } from '../format';
import { barsOf, heightsOf, histogramSvg } from './histogram_svg';

export type ReadHistogram = (name: string) => Promise<WeightHistogram>;

function bars(counts: readonly number[], label: string): SVGElement {
  const d = barsOf(heightsOf(counts, Math.max(...counts)));
  return histogramSvg(counts.length, label, [{ d, class: 'bars' }]);
}

/** A mean that is 0 but for rounding is 0. */
const ROUNDING = 1e-12;

function picture(histogram: WeightHistogram): HTMLElement {
  const { name, dtype, dims, elements, notFinite, zeros, min, max, mean, deviation } = histogram;
  const finite = elements - notFinite;
  const middle = Math.abs(mean) < ROUNDING * deviation ? 0 : mean;
  const facts = [
    `${dtype} [${dims.join(', ')}], ${counted(elements, 'number')}`,
    finite > 0 && `from ${figure(min)} to ${figure(max)}`,
    finite > 0 && `mean ${figure(middle)}, standard deviation ${figure(deviation)}`,
    zeros > 0 && `${count(zeros)} of them 0`,
    notFinite > 0 && `${count(notFinite)} not finite`,
  ].filter((fact) => fact !== false);
  return el(
    'figure',
    { class: 'weight' },
    finite > 0 && bars(histogram.counts, `Histogram of ${name}; heights are logarithms`),
    el('figcaption', { tabindex: -1 }, `${facts.join(', ')}.`),
  );
}

/** A button that becomes the histogram, or says why there is none. */
export function weightView(name: string, read: ReadHistogram): HTMLElement {
  const host = el('span');
  const show = async () => {
    button.setAttribute('aria-disabled', 'true');
    let shown: HTMLElement;
    try {
      shown = picture(await read(name));
    } catch (error) {
      button.removeAttribute('aria-disabled');
      if (isCancelled(error)) return;
      shown = el('span', { class: 'help', tabindex: -1 }, messageOf(error));
    }
    const hadFocus = activeElement() === button;
    host.replaceChildren(shown);
    if (hadFocus) (shown.querySelector('figcaption') ?? shown).focus();
  };
  const button = el(
    'button',
    {
      type: 'button',
      class: 'link',
      'aria-label': `Histogram of ${name}`,
      onclick: () => {
        if (button.getAttribute('aria-disabled') === null) void show();
      },
    },
    'histogram',
  );
  host.append(button);
  return host;
}
