// The model that is open: what it is, how it is quantized, and the results.
import type { Model, Progress } from 'quantab';
import { alertError, alertText, clearAlerts, isCancelled, messageOf } from './alerts';
import { byId } from './dom';
import { offerNodes, type Nodes } from './explore/section';
import type { NamedFile } from './files';
import { counted } from './format';
import type { Bench } from './improve/bench';
import type { Candidate } from './improve/candidates';
import type { TrialActions, Tried } from './improve/trials_view';
import { judge, layerSamples } from './judge';
import { showModel } from './model_view';
import type { LayerSource } from './open_rows';
import type { ProgressView } from './progress_view';
import { showResult, type ResultView } from './result_view';
import { saveReport } from './run_actions';
import { Runs, type Run } from './runs';
import { showRuns } from './runs_table';
import { Keeping } from './keeping';
import { awaitedState, type KeptState } from './session';
import { onnxRuntime } from './onnxruntime/offer';
import { showSettings, type SettingsView } from './settings_view';
import { focusHome, say, titleState } from './status';
import type { Opened } from './opening';
import { UnderWay } from './under_way';
import { make, nameOfResult, type Job, type Settings } from './work';

interface Open {
  model: Model;
  settings: SettingsView;
  nodes: Nodes;
  work: UnderWay;
  runs: Runs;
  view: ResultView | undefined;
  tried: Tried | undefined;
  keeping: Keeping;
  /** Hear of changes of the settings, and so of the samples. */
  listeners: Set<() => void>;
}

let current: Open | undefined;
let closed = () => {};

/** Calls back when a model is closed and none takes its place. */
export function afterClosing(listener: () => void): void {
  closed = listener;
}

export const isModelOpen = (): boolean => current !== undefined;

export function addSamples(files: NamedFile[]): void {
  clearAlerts();
  current?.settings.addSamples(files);
}

function forget(): void {
  if (current === undefined) return;
  current.keeping.end();
  current.work.close();
  current.view?.remove();
  current.runs.close();
  for (const part of [byId('runs'), byId('trials')]) {
    part.replaceChildren();
    part.hidden = true;
  }
  current.nodes.end();
  current.model.close();
  current = undefined;
  byId('work').replaceChildren();
}

export function closeModel(): void {
  forget();
  byId('workspace').hidden = true;
  byId('intro').hidden = false;
  titleState(null);
  focusHome();
  closed();
}

/** Marks the buttons that begin other work. */
function setStartsBusy(busy: boolean): void {
  for (const button of byId('workspace').querySelectorAll('[data-begins]')) {
    button.setAttribute('aria-disabled', String(busy));
  }
}

/** Puts a model in the place of the one that was open. */
export function showWorkspace({ model, files, samples, state }: Opened): void {
  forget();
  const earlier = state ?? awaitedState(model.info.name, model.byteLength);
  const open: Open = {
    model,
    settings: showSettings(
      byId<HTMLFormElement>('settings'),
      model,
      (jobs, key) => void run(open, jobs, key),
      () => settingsChanged(open),
      (candidates) => void tryAll(open, candidates).catch(alertError),
    ),
    nodes: offerNodes(byId('nodes'), model),
    work: new UnderWay(byId('work'), (busy) => {
      open.settings.setBusy(busy);
      setStartsBusy(busy);
    }),
    runs: new Runs(() => {
      showResults(open);
      open.keeping.changed();
    }),
    view: undefined,
    tried: undefined,
    keeping: new Keeping(model, files, () => open),
    listeners: new Set(),
  };
  current = open;
  byId('intro').hidden = true;
  byId('workspace').hidden = false;
  showModel(byId('model'), model, closeModel);
  if (samples.length > 0) open.settings.addSamples(samples);
  if (earlier !== undefined) restore(open, earlier);
  open.keeping.begin(byId('kept'));
  byId('model-title').focus();
  say('The model is open.');
}

function restore(open: Open, state: KeptState): void {
  const { runs, settings } = open;
  runs.restore(state.runs, state.next);
  if (state.settings !== undefined) settings.restore(state.settings).catch(alertError);
  if (state.tried !== undefined) showTriedAgain(open, state.tried).catch(alertError);
}

function settingsChanged(open: Open): void {
  markOutdated(open);
  open.keeping.changed();
  for (const listener of open.listeners) listener();
}

/** A result of an earlier visit is not held to what is shown: it can be made again as it was. */
function markOutdated({ view, settings }: Open): void {
  view?.setOutdated(view.run.files !== undefined && view.run.key !== settings.key());
}

/** What the layers of a result can be looked at with, if it is there. */
function layerSourceOf({ model, runs }: Open, run: Run): LayerSource | undefined {
  const samples = runs.samplesOf(run);
  const { files } = run;
  return files && samples && { model, files, samples: layerSamples(samples) };
}

/** Shows all results, and the details of the chosen one. */
function showResults(open: Open): void {
  const { model, runs, settings } = open;
  const makeAgain = (run: Run) => makeWith(open, run.settings);
  const report = (run: Run) => void saveReport(run, model.info);
  showRuns(byId('runs'), model, runs, {
    makeAgain,
    saveReport: report,
    show(run) {
      runs.choose(run);
      byId('result-title').focus();
    },
  });
  const { chosen } = runs;
  if (open.view?.run !== chosen) {
    open.view?.remove();
    open.view =
      chosen &&
      showResult(byId('result'), chosen, runs.urlsOf(chosen), {
        keepInFloat: (nodes) => settings.keepInFloat(chosen.settings, nodes),
        change: (options) =>
          makeWith(open, {
            ...chosen.settings,
            options: { ...chosen.settings.options, ...options },
          }),
        makeAgain: () => makeAgain(chosen),
        saveReport: () => report(chosen),
        bench: benchOf(open),
        layerSource: layerSourceOf(open, chosen),
        besideOffer: onnxRuntime(),
      });
    setStartsBusy(open.work.isBusy);
  } else open.view?.judged();
  open.nodes.showLayers(chosen?.judgement?.layers);
  markOutdated(open);
}

/** Goes by settings that are put into the fields for it. */
function makeWith({ settings: fields }: Open, settings: Settings): void {
  fields.show(settings);
  fields.start();
}

const benchOf = ({ model, work, settings, keeping, listeners }: Open): Bench => ({
  model,
  work,
  samples: () => settings.samples(),
  labelled: () => settings.labelled(),
  onSamples: (listener) => void listeners.add(listener),
  found: () => keeping.changed(),
});

const trialActionsOf = (open: Open): TrialActions => ({
  make: (settings) => makeWith(open, settings),
});

async function tryAll(open: Open, candidates: Candidate[]): Promise<void> {
  const { showTrials } = await import('./improve/trials_view');
  const actions = trialActionsOf(open);
  const tried = await showTrials(byId('trials'), benchOf(open), candidates, actions);
  if (tried === undefined) return;
  open.tried = tried;
  open.keeping.changed();
}

/** Shows what was tried on an earlier visit. */
async function showTriedAgain(open: Open, tried: Tried): Promise<void> {
  open.tried = tried;
  const { showTried } = await import('./improve/trials_view');
  // Another model may have been opened meanwhile, or all been tried again.
  if (current === open && open.tried === tried) {
    showTried(byId('trials'), tried, trialActionsOf(open));
  }
}

/** Makes one model and finds out how good it is. */
async function makeOne(
  open: Open,
  job: Job,
  key: string,
  signal: AbortSignal,
  progress: ProgressView,
): Promise<void> {
  const { model, runs } = open;
  const call = {
    signal,
    onProgress: (state: Progress) => {
      if (current === open) progress.update(state);
    },
  };
  const made = await make(model, job, call);
  try {
    if (current !== open) return;
    const run = runs.add(model, made, key);
    progress.reached('The quantized model is ready to download.');
    const judgement = await judge(model, made, call, (done, total) => {
      if (current === open) progress.update({ stage: 'layers', done, total });
    });
    if (current === open) runs.judged(run, judgement);
  } finally {
    made.quantized.close();
  }
}

/** Says what of several models could not be made; of a single one, or when it was cancelled, no more than why. */
function alertFailures(failures: { name: string; error: unknown }[], wanted: number): void {
  if (wanted === 1) alertError(failures[0]!.error);
  else {
    const lines = failures.map(({ name, error }) => `'${name}': ${messageOf(error)}`);
    alertText(`${counted(failures.length, 'model')} could not be made. ${lines.join(' ')}`);
  }
}

async function run(open: Open, jobs: Job[], key: string): Promise<void> {
  const { model, runs, work } = open;
  if (work.isBusy) {
    say('The page is at work already.');
    return;
  }
  const before = runs.all.length;
  const failures: { name: string; error: unknown }[] = [];
  let isCut = false;
  let isCancelledByHand = false;
  const mayMoveFocus = await work.do(async ({ signal, progress }) => {
    open.view?.setStale(true);
    for (const [i, job] of jobs.entries()) {
      if (signal.aborted) break;
      const name = nameOfResult(model, job);
      if (jobs.length > 1) progress.begin(`${i + 1} of ${jobs.length}, ${name}`);
      try {
        await makeOne(open, job, key, signal, progress);
      } catch (error) {
        isCut = isCancelled(error);
        if (!isCut) failures.push({ name, error });
      }
    }
    isCancelledByHand = signal.aborted;
  });
  if (mayMoveFocus === undefined) return;

  open.view?.setStale(false);
  const isMade = runs.all.length > before;
  titleState(isMade ? 'done' : null);
  if (isMade) {
    say(isCancelledByHand ? 'Cancelled. The model is complete.' : 'The result is complete.');
    if (mayMoveFocus) byId('result-title').focus();
  } else if (isCut) {
    say('Cancelled.');
    if (mayMoveFocus) focusHome();
  }
  if (failures.length > 0) alertFailures(failures, jobs.length);
}
