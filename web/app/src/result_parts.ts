// What of a result's details finds something out when asked. It is made once for a result, and comes back with its details: work
// that is begun in it ends in what is shown, whatever was looked at meanwhile.
import type { Bench } from './improve/bench';
import { panel } from './improve/panel';
import { besideArea, type BesideArea } from './onnxruntime/area';
import type { Run } from './runs';

export interface PartActions {
  /** Quantizes anew, with some nodes kept in float. */
  keepInFloat(nodes: string[]): void;
  /** Quantizes anew, with some options changed. */
  change(options: Record<string, unknown>): void;
  /** What a search for a better model works with. */
  bench: Bench;
}

export interface ResultParts {
  suggest: HTMLElement;
  sensitivity: HTMLElement;
  profile: HTMLElement;
  beside: BesideArea;
}

function makeParts(run: Run, actions: PartActions): ResultParts {
  const { bench } = actions;
  return {
    suggest: panel(
      'suggest',
      'Find what to keep in float or 16 bits',
      async () => {
        const { showSuggest } = await import('./improve/suggest_view');
        return (host) => showSuggest(host, run, bench, actions);
      },
      run.suggestion !== undefined,
    ),
    sensitivity: panel(
      'sensitivity',
      'What each node costs, quantized alone',
      async () => {
        const { showSensitivity } = await import('./improve/sensitivity_view');
        return (host) => showSensitivity(host, run, bench, actions.keepInFloat);
      },
      run.sensitivity !== undefined,
    ),
    profile: panel(
      'profile',
      'Where the time goes',
      async () => {
        const { showProfile } = await import('./improve/profile_view');
        return (host) => showProfile(host, run, bench);
      },
      run.profiles !== undefined,
    ),
    beside: besideArea(run, bench),
  };
}

const made = new WeakMap<Run, ResultParts>();

/** `actions` count when they are asked for the first time. */
export function partsOf(run: Run, actions: PartActions): ResultParts {
  const parts = made.get(run) ?? makeParts(run, actions);
  made.set(run, parts);
  return parts;
}
