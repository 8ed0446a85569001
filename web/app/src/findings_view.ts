// What a look at the samples has found.
import type { SampleFile } from 'quantab/samples';
import { el } from './dom';
import type { Findings } from './examine';
import { namesOf } from './files';
import { counted } from './format';

/** A notice, or nothing where all is well. `leaveOut` is called with the files that cannot be read, when that is asked for. */
export function findingsView(
  { warnings, failures, isAny }: Findings,
  leaveOut: (files: ReadonlySet<SampleFile>) => void,
): HTMLElement[] {
  if (warnings.length + failures.size === 0) return [];
  const unreadable = new Set([...failures.values()].flat());
  const sentences = [...failures].map(
    ([message, files]) => `${namesOf([...new Set(files)])}: ${message}`,
  );
  const button = el(
    'button',
    {
      type: 'button',
      class: 'link',
      id: 'leave-out',
      onclick: () => leaveOut(unreadable),
    },
    `Leave out ${counted(unreadable.size, 'file')}`,
  );
  return [
    el(
      'div',
      { class: 'notice', id: 'sample-warnings' },
      el('ul', {}, ...[...sentences, ...warnings].map((text) => el('li', {}, text))),
      // Where none can be read, it is not the files.
      unreadable.size > 0 && isAny && button,
    ),
  ];
}
