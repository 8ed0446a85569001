// How the numbers of a stored weight are spread. The core reads the weight when somebody asks for it.
import type { WeightHistogram } from 'quantab';
import { isCancelled, messageOf } from '../alerts';
import { activeElement, el } from '../dom';
import { count, counted, figure } from '../format';

export type ReadHistogram = (name: string) => Promise<WeightHistogram>;

const SVG = 'http://www.w3.org/2000/svg';
const HEIGHT = 24;

/** A bar for each bin. Heights are logarithms, so that a single number far from all others shows. */
function bars(counts: readonly number[], label: string): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  const highest = Math.log1p(Math.max(...counts));
  const path = document.createElementNS(SVG, 'path');
  const bar = (amount: number, i: number) => {
    const height = highest > 0 ? (HEIGHT * Math.log1p(amount)) / highest : 0;
    return `M${i} ${HEIGHT}v${-height}h1v${height}z`;
  };
  path.setAttribute('d', counts.map(bar).join(''));
  for (const [name, value] of Object.entries({
    viewBox: `0 0 ${counts.length} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': label,
    class: 'histogram',
  })) {
    svg.setAttribute(name, value);
  }
  svg.append(path);
  return svg;
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
