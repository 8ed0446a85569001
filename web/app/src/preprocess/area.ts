// How files become inputs: shown when it is asked for or counts, kept as a file and taken from one.
import { parsePreprocess, type PartialPreprocess, type Preprocess } from 'quantab/samples';
import { alertError } from '../alerts';
import { el } from '../dom';
import { filePicker, type FieldError } from '../fields';
import type { PreprocessForm } from './form';

/** The file's name, which the command line's help has too. */
const FILE = 'preprocess.json';

export interface PreprocessArea {
  element: HTMLElement;
  /** Shows these settings; they are opened when files are prepared as they say. */
  update(preprocess: Preprocess | undefined, counts: boolean): void;
  /** The first field that holds what cannot be used. */
  problem(): FieldError | undefined;
  /** Takes a file of settings. */
  load(file: File): Promise<void>;
}

function download(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  el('a', { href: url, download: FILE }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

async function settingsIn(file: File): Promise<PartialPreprocess> {
  let value: unknown;
  try {
    value = JSON.parse(await file.text());
  } catch {
    value = undefined;
  }
  return parsePreprocess(value, file.name);
}

/** `wanted` is called when the settings are asked for before there are any. */
export function preprocessArea(
  given: () => PartialPreprocess,
  apply: (given: PartialPreprocess) => Promise<void>,
  wanted: () => void,
): PreprocessArea {
  let form: PreprocessForm | undefined;
  let shown: Preprocess | undefined;
  let wasOpened = false;
  const host = el('div');
  const load = async (file: File): Promise<void> => {
    try {
      await apply(await settingsIn(file));
    } catch (error) {
      alertError(error);
    }
  };
  const save = el(
    'button',
    { type: 'button', id: 'save-preprocess', onclick: () => download(textOf(shown!)) },
    'Save settings',
  );
  const element = el(
    'details',
    { id: 'preprocess' },
    el('summary', {}, 'How files become inputs'),
    el(
      'p',
      { class: 'help' },
      'Guessed from the model and the files beside it. What you change stays as you set it.',
    ),
    host,
    el(
      'div',
      { class: 'actions' },
      save,
      ...filePicker('load-preprocess', 'Load settings…', ([file]) => void load(file!), {
        multiple: false,
        accept: '.json',
      }),
    ),
  );

  async function show(): Promise<void> {
    const { preprocessForm } = await import('./form');
    if (form === undefined) {
      form = preprocessForm(given, apply);
      host.replaceChildren(form.element);
    }
    if (shown !== undefined) form.update(shown);
  }
  const refresh = () => void show().catch(alertError);
  element.addEventListener('toggle', () => {
    if (!element.open) return;
    if (shown === undefined) wanted();
    else refresh();
  });

  return {
    element,
    update(preprocess, counts) {
      shown = preprocess;
      save.hidden = preprocess === undefined;
      if (counts && !wasOpened) {
        wasOpened = true;
        element.open = true;
      }
      if (preprocess !== undefined && (element.open || form !== undefined)) refresh();
    },
    problem: () => form?.problem(),
    load,
  };
}

const textOf = (preprocess: Preprocess): string => `${JSON.stringify(preprocess, undefined, 2)}\n`;
