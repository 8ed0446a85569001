// Models that share one engine.
import type { Engine } from './engine.js';
import type { Platform } from '../platform/platform.js';

/** The models of one engine; the last to close ends it. */
export class Family {
  #members = 0;
  /** How many workers the newest calibration was shared out to. */
  calibrators = 1;
  constructor(
    readonly engine: Engine,
    readonly platform: Platform,
  ) {}
  join(): void {
    this.#members++;
  }
  leave(): void {
    if (--this.#members === 0) this.engine.close();
  }
}
