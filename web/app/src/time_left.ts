// How long a stage will still take, as far as its speed so far tells.

/** In milliseconds: what has run for less says too little, and what ends sooner needs no word. */
const LEAST_RUN = 2000;
const LEAST_LEFT = 3000;

/** "about 12 s left", in steps that do not flicker. */
function words(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 55)
    return `about ${seconds < 10 ? Math.ceil(seconds) : 5 * Math.ceil(seconds / 5)} s left`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90
    ? `about ${Math.max(1, minutes)} min left`
    : `about ${Math.round(minutes / 60)} h left`;
}

export class TimeLeft {
  #stage = '';
  #began = 0;
  #first = 0;

  /** `now` gives milliseconds. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Takes the newest state of a stage; gives words, or nothing while nothing can be said. */
  update(stage: string, done: number, total: number): string {
    const time = this.now();
    if (stage !== this.#stage || done < this.#first) {
      this.#stage = stage;
      this.#began = time;
      this.#first = done;
    }
    const [run, units] = [time - this.#began, done - this.#first];
    if (run < LEAST_RUN || units <= 0 || total <= 0) return '';
    const left = (run / units) * (total - done);
    return left < LEAST_LEFT ? '' : words(left);
  }
}
