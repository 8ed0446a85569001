// Where the time of a run goes, in a result and in the original: by operator, and node by node. Loaded when it is asked for.
import type { Model, NodeTime, Profile, TensorMap } from 'quantab';
import { el, table, type Child } from '../dom';
import { field, select } from '../fields';
import { count, counted, milliseconds, percent } from '../format';
import { openResult } from '../result_model';
import type { Run } from '../runs';
import { firstSample } from '../samples';
import type { AtWork } from '../under_way';
import { runsFor, type Bench } from './bench';
import { showPart } from './part';

const NO_FILE =
  'The file of this result is not there any more, so only the original is timed. Make it again to time both.';

/** Rows that are shown at once. */
const FEW = 15;

const HELP =
  'Runs the models once more and takes the time of each node. Operators and names are those that run: several of the file’s may have become one.';

/** What is timed, in the order in which it is offered. */
const MODELS = { result: 'This result', original: 'The original' };
type Which = keyof typeof MODELS;
/** What was measured for a result. */
export type Profiles = Partial<Record<Which, Profile>>;

const share = (value: number): HTMLElement =>
  el(
    'span',
    { class: 'barred' },
    el('meter', { min: 0, max: 1, value: Number(value.toFixed(4)), 'aria-hidden': 'true' }),
    ` ${percent(value)}`,
  );

function byOperator({ nodes, total, runs }: Profile): HTMLElement {
  const types = new Map<string, { nodes: number; time: number }>();
  for (const { opType, median } of nodes) {
    const type = types.get(opType) ?? { nodes: 0, time: 0 };
    types.set(opType, { nodes: type.nodes + 1, time: type.time + median });
  }
  const rows = [...types].sort(([, a], [, b]) => b.time - a.time);
  return table(
    `By operator: ${milliseconds(total)} a run (${runs > 1 ? `medians of ${runs} runs` : 'one run'})`,
    [
      { head: 'Operator' },
      { head: 'Nodes', number: true },
      { head: 'Time', number: true },
      { head: 'Share', number: true },
    ],
    rows.map(([name, { nodes: number, time }]) => [
      name,
      count(number),
      milliseconds(time),
      share(total > 0 ? time / total : 0),
    ]),
  );
}

const row = ({ node, opType, kernels, median, share: part }: NodeTime): Child[] => [
  node,
  opType,
  kernels.join(', ') || '–',
  milliseconds(median),
  share(part),
];

const byNode = (nodes: readonly NodeTime[]): HTMLElement =>
  table(
    'By node, most time first',
    [
      { head: 'Node' },
      { head: 'Operator' },
      { head: 'Kernel' },
      { head: 'Time', number: true },
      { head: 'Share', number: true },
    ],
    nodes.map(row),
  );

/** The nodes of a profile that match what is looked for. */
function nodeList(profile: Profile): HTMLElement[] {
  const find = el('input', { id: 'profile-find', type: 'text', autocomplete: 'off' });
  const found = el('output', { id: 'profile-found', for: 'profile-find' });
  const rows = el('div', { id: 'profile-nodes' });
  const show = (most: number) => {
    const text = find.value.trim().toLowerCase();
    const matches = profile.nodes.filter(({ node, opType, kernels }) =>
      [node, opType, ...kernels].some((each) => each.toLowerCase().includes(text)),
    );
    const time = matches.reduce((sum, { median }) => sum + median, 0);
    found.textContent = `${count(matches.length)} of ${counted(profile.nodes.length, 'node')}, ${milliseconds(time)}`;
    const all = () => {
      show(Infinity);
      // The button that had the focus is gone.
      rows.querySelector<HTMLElement>('[role=region]')?.focus();
    };
    rows.replaceChildren(
      byNode(matches.slice(0, most)),
      ...(matches.length > most
        ? [
            el(
              'button',
              { type: 'button', class: 'link', onclick: all },
              `Show all ${counted(matches.length, 'node')}`,
            ),
          ]
        : []),
    );
  };
  find.addEventListener('input', () => show(FEW));
  show(FEW);
  return [
    field('Find nodes', find, 'By name, operator or kernel.'),
    el('p', { class: 'help' }, found),
    rows,
  ];
}

function outcome(profiles: Profiles): HTMLElement[] {
  const there = Object.entries(MODELS).filter(([which]) => profiles[which as Which] !== undefined);
  const model = select({ id: 'profile-model' }, Object.fromEntries(there), there[0]![0]);
  const place = el('div');
  const show = () => {
    const profile = profiles[model.value as Which]!;
    place.replaceChildren(byOperator(profile), ...nodeList(profile));
  };
  model.addEventListener('change', show);
  show();
  return [field('Model', model), place];
}

async function profileOf(
  model: Model,
  feeds: TensorMap | undefined,
  median: number | undefined,
  { signal, progress }: AtWork,
): Promise<Profile> {
  return model.profile({
    runs: runsFor(median ?? 0),
    warmup: 1,
    feeds,
    signal,
    onProgress: (state) => progress.update(state),
  });
}

export function showProfile(host: HTMLElement, run: Run, bench: Bench): void {
  const { float, quantized } = run.judgement?.latency ?? {};
  showPart(host, bench, {
    help: [HELP, ...(run.files === undefined ? [NO_FILE] : [])],
    button: { id: 'profile-start', text: 'Measure' },
    begin: () => async (at) => {
      const { samples } = await bench.samples();
      const feeds = samples && (await firstSample(samples));
      at.progress.begin(MODELS.original);
      const profiles: Profiles = {
        original: await profileOf(bench.model, feeds, float?.median, at),
      };
      const result = await openResult(run, at.signal);
      if (result !== undefined) {
        try {
          at.progress.begin(MODELS.result);
          profiles.result = await profileOf(result, feeds, quantized?.median, at);
        } finally {
          result.close();
        }
      }
      run.profiles = profiles;
      return 'The time of each node is there.';
    },
    outcome: () => (run.profiles === undefined ? [] : outcome(run.profiles)),
    focus: 'select',
  });
}
