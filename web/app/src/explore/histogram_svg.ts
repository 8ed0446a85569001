// Histograms as pictures. Heights are logarithms, so that a single number far from all others shows.

const SVG = 'http://www.w3.org/2000/svg';

/** Of a picture, in its own units; a bin is 1 wide. */
export const HEIGHT = 24;

/** Of the bars, as parts of HEIGHT for the highest of all that are drawn together. */
export function heightsOf(counts: readonly number[], most: number): number[] {
  const highest = Math.log1p(most);
  return counts.map((count) => (highest > 0 ? (HEIGHT * Math.log1p(count)) / highest : 0));
}

/** A bar for each bin. */
export const barsOf = (heights: readonly number[]): string =>
  heights.map((height, i) => `M${i} ${HEIGHT}v${-height}h1v${height}z`).join('');

/** One line around all bars. */
export const outlineOf = (heights: readonly number[]): string =>
  `M0 ${HEIGHT}${heights.map((height, i) => `V${HEIGHT - height}H${i + 1}`).join('')}V${HEIGHT}`;

/** A picture of paths, each with a class. */
export function histogramSvg(
  bins: number,
  label: string,
  paths: readonly { d: string; class: string }[],
): SVGElement {
  const make = (name: string, attributes: Record<string, string>) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const svg = make('svg', {
    viewBox: `0 0 ${bins} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': label,
    class: 'histogram',
  });
  svg.append(...paths.map((path) => make('path', path)));
  return svg;
}
