// The page: opens what is dropped, and leads from settings to a result.
import { openModel, type Model } from 'quantab';
import { alertError, alertText, clearAlerts } from './alerts';
import { byId } from './dom';
import { fromDrop, fromList, sortFiles, type NamedFile } from './files';
import { showModel } from './model_view';
import { workOffline } from './offline';
import { endProgress, showProgress, showResult } from './result_view';
import { showSettings, type SettingsView } from './settings_view';
import { say, titleState } from './status';
import { work, type Job } from './work';

const intro = byId('intro');
const workspace = byId('workspace');
const result = byId('result');
const form = byId<HTMLFormElement>('settings');

let model: Model | undefined;
let quantized: Model | undefined;
let settings: SettingsView | undefined;
let running: AbortController | undefined;
let downloadUrl: string | undefined;

function forgetResult(): void {
  quantized?.close();
  quantized = undefined;
  if (downloadUrl !== undefined) URL.revokeObjectURL(downloadUrl);
  downloadUrl = undefined;
  result.replaceChildren();
  result.hidden = true;
}

function closeModel(): void {
  running?.abort();
  forgetResult();
  model?.close();
  model = undefined;
  settings = undefined;
  workspace.hidden = true;
  intro.hidden = false;
  titleState(null);
  byId('pick-model').focus();
}

async function run(job: Job): Promise<void> {
  if (model === undefined || running !== undefined) return;
  clearAlerts();
  const controller = new AbortController();
  const source = model;
  running = controller;
  settings?.setBusy(true);
  const progress = showProgress(result, () => controller.abort());
  try {
    const outcome = await work(source, job, controller.signal, (state) => {
      progress.update(state);
      const share = state.total > 0 ? ` ${Math.floor((100 * state.done) / state.total)} %` : '';
      titleState(state.stage + share);
    });
    endProgress(result);
    forgetResult();
    quantized = outcome.quantized;
    downloadUrl = showResult(result, source, outcome);
    byId('result-title').focus();
    say('The quantized model is ready.');
    titleState('done');
  } catch (error) {
    endProgress(result);
    alertError(error);
    if (controller.signal.aborted) say('Cancelled.');
    titleState(null);
  } finally {
    running = undefined;
    settings?.setBusy(false);
  }
}

function addSamples(files: NamedFile[]): void {
  clearAlerts();
  const { tensors, images, model: unknown, others } = sortFiles(files);
  settings?.addSamples(tensors, images);
  const strange = [unknown, ...others].filter((entry) => entry !== undefined);
  if (strange.length > 0) {
    alertText(
      `'${strange[0]!.path}' is no sample: expected .npy, .npz, .pb or a picture. It was left out.`,
    );
  }
}

/** `path` as a model in `folder` would name it; by its own name when it lies elsewhere. */
function locationFrom(folder: string, path: string): string {
  const inside = folder === '' || path.startsWith(`${folder}/`);
  return inside ? path.slice(folder === '' ? 0 : folder.length + 1) : path.split('/').pop()!;
}

async function open(files: NamedFile[], samples: NamedFile[] = []): Promise<void> {
  const sorted = sortFiles(files);
  if (sorted.model === undefined) {
    const named = files
      .map(({ path }) => `'${path}'`)
      .slice(0, 3)
      .join(', ');
    alertText(
      `There is no ONNX model among ${named}. Drop a .onnx file, with its external data if it has any.`,
    );
    return;
  }
  clearAlerts();
  say('Opening the model.');
  titleState('opening');
  try {
    const folder = sorted.model.path.split('/').slice(0, -1).join('/');
    const externalData = Object.fromEntries(
      sorted.others.map(({ path, file }) => [locationFrom(folder, path), file]),
    );
    const opened = await openModel(sorted.model.file, { externalData });
    closeModel();
    model = opened;
    intro.hidden = true;
    workspace.hidden = false;
    showModel(byId('model'), opened, closeModel);
    settings = showSettings(form, opened, addSamples, (job) => void run(job), alertError);
    settings.addSamples([...sorted.tensors, ...samples], sorted.images);
    byId('model-title').focus();
    say('The model is open.');
    titleState(null);
  } catch (error) {
    titleState(null);
    alertError(error);
  }
}

/** Files that arrive: a model opens; anything else is samples for the model that is open. */
function receive(files: NamedFile[]): void {
  if (files.length === 0) return;
  const hasModel = files.some(({ path }) => /\.onnx$/i.test(path));
  if (model !== undefined && !hasModel) addSamples(files);
  else void open(files);
}

async function openExample(): Promise<void> {
  try {
    const [onnx, calibration] = await Promise.all(
      ['digits.onnx', 'calibration.npy'].map(async (name) => {
        const response = await fetch(new URL(`examples/digits/${name}`, document.baseURI));
        if (!response.ok) throw new Error(`The example's '${name}' could not be loaded.`);
        return { path: name, file: new File([await response.blob()], name) };
      }),
    );
    await open([onnx!], [calibration!]);
  } catch (error) {
    alertError(error);
  }
}

const picker = byId<HTMLInputElement>('pick-model');
picker.addEventListener('change', () => {
  receive(fromList(picker.files ?? []));
  picker.value = '';
});
byId('try-example').addEventListener('click', () => void openExample());

let depth = 0;
const cover = byId('dropcover');
const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
window.addEventListener('dragenter', (event) => {
  if (!hasFiles(event)) return;
  depth++;
  cover.hidden = false;
});
window.addEventListener('dragleave', (event) => {
  if (!hasFiles(event)) return;
  depth = Math.max(0, depth - 1);
  cover.hidden = depth === 0;
});
window.addEventListener('dragover', (event) => {
  if (hasFiles(event)) event.preventDefault();
});
window.addEventListener('drop', (event) => {
  if (!hasFiles(event) || event.dataTransfer === null) return;
  event.preventDefault();
  depth = 0;
  cover.hidden = true;
  fromDrop(event.dataTransfer).then(receive, alertError);
});

workOffline(byId('offline'));
