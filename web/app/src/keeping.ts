// Keeps on this device what is needed to go on after a reload, and says in the page what is kept.
import type { Model } from 'quantab';
import { counted } from './format';
import type { NamedFile } from './files';
import type { Tried } from './improve/trials_view';
import type { Runs } from './runs';
import { beginSession, COPIES, keepFiles, keepState, type Kept } from './session';
import type { SettingsView } from './settings_view';

/** Changes that follow each other so fast, in milliseconds, are written once. */
const PAUSE = 300;

interface Work {
  settings: SettingsView;
  runs: Runs;
  tried: Tried | undefined;
}

const NOTHING =
  'This window keeps nothing: after a reload, begin anew. Private windows, and devices without room, are so.';

function keptWords({ lost, copied }: Kept): string {
  if (lost.length > 0) {
    const megabytes = COPIES / 1e6;
    return `After a reload you can go on, but must drop ${counted(lost.length, 'file')} again: without access to the disk, this page copies ${megabytes} MB at most.`;
  }
  return copied
    ? 'After a reload you can go on here: a copy of the files is kept on this device until you open another model.'
    : 'After a reload you can go on here: this browser remembers where the files are, and asks before it reads them again.';
}

export class Keeping {
  #place: HTMLElement | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** How many sample files were kept last. */
  #samples: readonly NamedFile[] = [];
  #count = -1;

  constructor(
    private readonly model: Model,
    private readonly files: readonly NamedFile[],
    private readonly work: () => Work,
  ) {}

  /** Begins, and says in `place` what is kept. */
  begin(place: HTMLElement): void {
    this.#place = place;
    beginSession();
    this.#write();
  }

  /** Settings, samples, results or what was found out about them have changed. */
  changed(): void {
    if (this.#place === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(), PAUSE);
  }

  /** Writes what has not been written; nothing more is kept after that. */
  end(): void {
    if (this.#timer !== undefined) this.#write();
    this.#place = undefined;
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { settings, runs, tried } = this.work();
    const samples = settings.sampleFiles();
    const failed = () => this.#say(NOTHING);
    if (samples !== this.#samples || samples.length !== this.#count) {
      this.#samples = samples;
      this.#count = samples.length;
      keepFiles(this.model.info.name, this.model.byteLength, this.files, [...samples]).then(
        (kept) => this.#say(keptWords(kept)),
        failed,
      );
    }
    const state = { settings: settings.state(), runs: [...runs.all], next: runs.next, tried };
    keepState(state).catch(failed);
  }

  #say(text: string): void {
    if (this.#place !== undefined && this.#place.textContent !== text)
      this.#place.textContent = text;
  }
}
