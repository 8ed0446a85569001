// Opening a model: with progress, to be cancelled, and the last of several wins.
import { openModel, type CallOptions, type Model, type Progress } from 'quantab';
import { alertError, alertText, clearAlerts, isCancelled } from './alerts';
import { byId } from './dom';
import { chooseModel, locationFrom, namesOf, sortFiles, type NamedFile } from './files';
import { showProgress, type ProgressView } from './progress_view';
import { focusHome, focusIsLost, say, titleState } from './status';
import type { KeptState } from './session';
import { showWorkspace } from './workspace';

/** What is over sooner than this, in milliseconds, shows no progress. */
const PATIENCE = 500;

let tickets = 0;
let newest = 0;
let running: { controller: AbortController; done: Promise<void> } | undefined;

/** Marks the time of what a person did: of two models, that of the later action is opened. */
export const takeTicket = (): number => ++tickets;

/** Waits for the model that is being opened. Tells whether there was one. */
export async function openingDone(): Promise<boolean> {
  const wasOpening = running !== undefined;
  while (running !== undefined) await running.done;
  return wasOpening;
}

export interface Opened {
  model: Model;
  /** What the model was read from. */
  files: NamedFile[];
  samples: NamedFile[];
  /** Of an earlier visit. */
  state?: KeptState;
}

/** Samples that came before their model. */
let waiting: NamedFile[] = [];

/** Keeps samples for the model that is opened next. */
export function keepSamples(files: readonly NamedFile[]): void {
  waiting.push(...files);
  alertText(
    `There is no ONNX model among ${namesOf(files)}. What came is kept, as samples for the model that you open next.`,
  );
}

async function openFiles(files: NamedFile[], call: CallOptions): Promise<Opened> {
  const main = await chooseModel(files);
  const { samples, others } = sortFiles(files);
  const folder = main.path.split('/').slice(0, -1).join('/');
  const externalData = Object.fromEntries(
    others
      .filter((entry) => entry !== main)
      .map(({ path, file }) => [locationFrom(folder, path), file]),
  );
  const model = await openModel(main.file, { externalData, ...call });
  return { model, files: others, samples };
}

async function exampleFile(name: string, signal: AbortSignal): Promise<NamedFile> {
  const response = await fetch(new URL(`examples/digits/${name}`, document.baseURI), { signal });
  if (!response.ok) throw new Error(`The example's '${name}' could not be loaded.`);
  return { path: name, file: new File([await response.blob()], name) };
}

/** Shows progress once the wait has become long. */
function patientProgress(what: string, cancel: () => void) {
  let view: ProgressView | undefined;
  let last: Progress | undefined;
  const timer = setTimeout(() => {
    view = showProgress(byId('opening'), 'opening-progress', `Opening ${what}`, cancel);
    if (last !== undefined) view.update(last);
  }, PATIENCE);
  return {
    update(state: Progress) {
      last = state;
      view?.update(state);
    },
    end() {
      clearTimeout(timer);
      return view?.end() ?? false;
    },
  };
}

async function attempt(
  controller: AbortController,
  what: string,
  load: (call: CallOptions & { signal: AbortSignal }) => Promise<Opened>,
): Promise<void> {
  const { signal } = controller;
  const progress = patientProgress(what, () => controller.abort());
  clearAlerts();
  say('Opening the model.');
  titleState('opening');
  let opened: Opened | undefined;
  let failure: unknown;
  try {
    opened = await load({ signal, onProgress: (state) => progress.update(state) });
  } catch (error) {
    failure = error;
  }
  const hadFocus = progress.end();
  if (running?.controller !== controller) {
    opened?.model.close();
    return;
  }
  running = undefined;
  titleState(null);
  if (opened !== undefined) {
    showWorkspace({ ...opened, samples: [...waiting, ...opened.samples] });
    waiting = [];
    return;
  }
  if (isCancelled(failure)) say('Cancelled.');
  else alertError(failure);
  if (hadFocus && focusIsLost()) focusHome();
}

function open(
  ticket: number,
  what: string,
  load: (call: CallOptions & { signal: AbortSignal }) => Promise<Opened>,
): Promise<void> {
  if (ticket < newest) return Promise.resolve();
  newest = ticket;
  running?.controller.abort();
  const controller = new AbortController();
  const entry = { controller, done: Promise.resolve() };
  running = entry;
  return (entry.done = attempt(controller, what, load));
}

/** Opens the model among files. */
export const openFrom = (files: NamedFile[], ticket: number): Promise<void> =>
  open(ticket, namesOf(files), (call) => openFiles(files, call));

/** Opens a model of an earlier visit, with its samples, settings and results. */
export const openKept = (
  model: NamedFile[],
  samples: NamedFile[],
  state: KeptState,
  ticket: number,
): Promise<void> =>
  open(ticket, namesOf(model), async (call) => ({
    ...(await openFiles(model, call)),
    samples,
    state,
  }));

/** Opens the bundled example with its samples. */
export const openExample = (): Promise<void> =>
  open(takeTicket(), 'the example', async (call) => {
    const files = await Promise.all(
      ['digits.onnx', 'calibration.npy'].map((name) => exampleFile(name, call.signal)),
    );
    return openFiles(files, call);
  });
