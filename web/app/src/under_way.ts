// One long piece of work at a time: with its progress on the page, and a button that ends it.
import { clearAlerts } from './alerts';
import { byId } from './dom';
import { showProgress, type ProgressView } from './progress_view';
import { focusIsLost } from './status';

/** What a piece of work is given. */
export interface AtWork {
  /** Ends it. */
  signal: AbortSignal;
  /** Ends it early with what it has come to; only of work that can be stopped so. */
  stop: AbortSignal;
  progress: ProgressView;
}

export class UnderWay {
  #running: AbortController | undefined;
  #closed = false;

  /** `place` is where progress is shown; `setBusy` hears when work begins and ends. */
  constructor(
    private readonly place: HTMLElement,
    private readonly setBusy: (busy: boolean) => void,
  ) {}

  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  /**
   * Does a task, which must not reject. Tells whether the focus may move to what came of it; nothing when it was not begun, as
   * something else is under way, or when it was closed meanwhile. What can be stopped early is cancelled by a second press.
   */
  async do(
    task: (at: AtWork) => Promise<void>,
    canStop: 'stop' | undefined = undefined,
  ): Promise<boolean | undefined> {
    if (this.#closed || this.isBusy) return undefined;
    clearAlerts();
    const running = new AbortController();
    const stopping = new AbortController();
    this.#running = running;
    this.setBusy(true);
    const end = () => {
      if (canStop === undefined || stopping.signal.aborted) return running.abort();
      stopping.abort();
      progress.rename('Cancel');
    };
    const progress = showProgress(this.place, 'progress', 'Starting', end);
    if (canStop) progress.rename('Stop, and keep the best so far');
    byId('progress-cancel').focus();
    await task({ signal: running.signal, stop: stopping.signal, progress });
    if (this.#closed) return undefined;
    this.#running = undefined;
    this.setBusy(false);
    return progress.end() || focusIsLost();
  }

  /** Ends what is under way; nothing more is begun. */
  close(): void {
    this.#closed = true;
    this.#running?.abort();
  }
}
