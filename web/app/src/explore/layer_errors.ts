// What quantizing did to each node by itself, as the layers of a result say it.
import type { LayerReport, ModelInfo } from 'quantab';
import { el } from '../dom';
import { LEVELS } from '../verdict';

/** Decibels by the node's index: infinite where nothing differs. */
export type LayerErrors = ReadonlyMap<number, number>;

/** A node without a name is called by its number in the report. */
const numbered = /^#(\d+) /;

/** A layer's figure is that of every node that makes it. */
export function layerErrors(
  nodes: ModelInfo['nodes'],
  report: LayerReport | undefined,
): LayerErrors {
  const byName = new Map(nodes.map(({ name }, i) => [name, i]));
  const errors = new Map<number, number>();
  for (const { own, nodes: makers } of report?.layers ?? []) {
    if (own === null) continue;
    const decibels = own.sqnrDb ?? (own.mse === 0 ? Infinity : -Infinity);
    for (const maker of makers) {
      const index = byName.get(maker) ?? Number(numbered.exec(maker)?.[1] ?? NaN);
      if (nodes[index] !== undefined) errors.set(index, decibels);
    }
  }
  return errors;
}

/** 0 is the best level. */
export const levelOf = (decibels: number): number =>
  LEVELS.findIndex(({ least }) => decibels >= least);

/** "12.3 dB". */
export const errorWords = (decibels: number): string => {
  if (decibels === -Infinity) return 'not a number';
  return decibels === Infinity ? '∞ dB' : `${Number(decibels.toPrecision(3))} dB`;
};

function levelWords(level: number): string {
  const { least, words } = LEVELS[level]!;
  const range =
    level + 1 < LEVELS.length ? `${least} dB or more` : `below ${LEVELS[level - 1]!.least} dB`;
  return `${range}: ${words}`;
}

/** What the colours mean. */
export const legend = (): HTMLElement =>
  el(
    'ul',
    { id: 'graph-legend', 'aria-label': 'Colours of the nodes, by the error of the layer alone' },
    ...LEVELS.map((_, level) =>
      el(
        'li',
        {},
        el('span', { class: `swatch level-${level}`, 'aria-hidden': 'true' }),
        levelWords(level),
      ),
    ),
  );
