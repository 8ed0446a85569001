// The model that is open: what it is, how it is quantized, and the result.
import type { Model, Progress } from 'quantab';
import { alertError, clearAlerts, isCancelled } from './alerts';
import { byId } from './dom';
import { offerNodes } from './explore/section';
import type { NamedFile } from './files';
import { judge } from './judge';
import { showModel } from './model_view';
import { showProgress } from './progress_view';
import { showResult, type ResultView } from './result_view';
import { showSettings, type SettingsView } from './settings_view';
import { focusHome, focusIsLost, say, titleState } from './status';
import { make, type Job, type Made } from './work';

interface Open {
  model: Model;
  settings: SettingsView;
  endNodes: () => void;
  running: AbortController | undefined;
  result: { view: ResultView; key: string } | undefined;
}

let current: Open | undefined;

export const isModelOpen = (): boolean => current !== undefined;

export function addSamples(files: NamedFile[]): void {
  clearAlerts();
  current?.settings.addSamples(files);
}

function forget(): void {
  if (current === undefined) return;
  current.running?.abort();
  current.result?.view.remove();
  current.endNodes();
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
}

/** Puts a model in the place of the one that was open. */
export function showWorkspace(model: Model, samples: NamedFile[]): void {
  forget();
  const open: Open = {
    model,
    settings: showSettings(
      byId<HTMLFormElement>('settings'),
      model,
      (job, key) => void run(open, job, key),
      () => markOutdated(open),
    ),
    endNodes: offerNodes(byId('nodes'), model.info),
    running: undefined,
    result: undefined,
  };
  current = open;
  byId('intro').hidden = true;
  byId('workspace').hidden = false;
  showModel(byId('model'), model, closeModel);
  if (samples.length > 0) open.settings.addSamples(samples);
  byId('model-title').focus();
  say('The model is open.');
}

function markOutdated({ result, settings }: Open): void {
  result?.view.setOutdated(result.key !== settings.key());
}

async function run(open: Open, job: Job, key: string): Promise<void> {
  if (current !== open) return;
  if (open.running !== undefined) {
    say('A model is being quantized already.');
    return;
  }
  clearAlerts();
  const controller = new AbortController();
  const { signal } = controller;
  open.running = controller;
  open.settings.setBusy(true);
  open.result?.view.setStale(true);
  const progress = showProgress(byId('work'), 'progress', 'Starting', () => controller.abort());
  byId('progress-cancel').focus();
  const call = {
    signal,
    onProgress: (state: Progress) => {
      if (current === open) progress.update(state);
    },
  };

  let made: Made | undefined;
  let failure: unknown;
  try {
    made = await make(open.model, job, call);
    if (current !== open) return;
    open.result?.view.remove();
    open.result = { view: showResult(byId('result'), open.model, made), key };
    markOutdated(open);
    progress.reached('The quantized model is ready to download.');
    const judgement = await judge(open.model, made, call, (done, total) => {
      if (current === open) progress.update({ stage: 'layers', done, total });
    });
    if (current !== open) return;
    open.result.view.judged(judgement, (nodes) => {
      if (job.method !== 'float16') open.settings.keepInFloat(job.method, nodes);
    });
  } catch (error) {
    failure = error;
  } finally {
    made?.quantized.close();
  }
  if (current !== open) return;

  open.running = undefined;
  open.settings.setBusy(false);
  open.result?.view.setStale(false);
  const mayMoveFocus = progress.end() || focusIsLost();
  titleState(made === undefined ? null : 'done');
  if (made !== undefined) {
    say(signal.aborted ? 'Cancelled. The model is complete.' : 'The result is complete.');
    if (mayMoveFocus) byId('result-title').focus();
  } else if (isCancelled(failure)) {
    say('Cancelled.');
    if (mayMoveFocus) focusHome();
  }
  if (failure !== undefined) alertError(failure);
}
