// The classes of the samples, where something beside them says which: for accuracy.
import type { ValueInfo } from 'quantab';
import { classCountOf, isLabelFile, readLabels, type SampleFile } from 'quantab/samples';
import { messageOf } from './alerts';
import { el } from './dom';
import { counted } from './format';
import { sampleNames, type Group } from './samples';

export interface Labelling {
  /** One for each sample; none where something is wrong or missing. */
  labels: readonly number[] | undefined;
  /** Says what is known of labels; empty where nothing is. */
  text: string;
  /** Whether the text says what is wrong. */
  isProblem: boolean;
  /** The file that counts, if there is one. */
  file: SampleFile | undefined;
}

export const UNLABELLED: Labelling = {
  labels: undefined,
  text: '',
  isProblem: false,
  file: undefined,
};

/** What files say of the classes of samples, for a model with these outputs. */
export async function labelSamples(
  files: readonly SampleFile[],
  groups: readonly Group[],
  split: boolean,
  outputs: readonly ValueInfo[],
): Promise<Labelling> {
  const last = files.findLast(({ path }) => isLabelFile(path));
  if (groups.length === 0) {
    return last === undefined
      ? UNLABELLED
      : { ...UNLABELLED, text: `'${last.path}' waits for samples.`, file: last };
  }
  try {
    const names = sampleNames(groups, split);
    const found = await readLabels(files, names, { classes: classCountOf(outputs) });
    if (found === undefined) return UNLABELLED;
    const { labels, classNames, others, file: path } = found;
    const file = files.findLast((each) => each.path === path);
    if (labels === undefined) {
      const text = `'${path}' names ${counted(classNames!.length, 'class', 'classes')}, but nothing says which samples are of which. Add labels.csv (a name and a class in each line), or put the samples into folders of these names.`;
      return { ...UNLABELLED, text, file };
    }
    const whence = path === undefined ? 'by the folders they lie in' : `by '${path}'`;
    const more =
      others > 0 ? ` ${counted(others, 'other label')} in it are of no sample here.` : '';
    const text = `Labelled ${whence}: accuracy will be measured.${more}`;
    return { labels, text, isProblem: false, file };
  } catch (error) {
    const text = `Accuracy will not be measured. ${messageOf(error)}`;
    return { labels: undefined, text, isProblem: true, file: last };
  }
}

/** Says what is known of labels, with a button to leave their file out. */
export function labellingView(
  { text, isProblem, file }: Labelling,
  leaveOut: (files: ReadonlySet<SampleFile>) => void,
): HTMLElement[] {
  if (text === '') return [];
  const button =
    file !== undefined &&
    el(
      'button',
      {
        type: 'button',
        class: 'link',
        id: 'leave-out-labels',
        onclick: () => leaveOut(new Set([file])),
      },
      `Leave out '${file.path}'`,
    );
  return [
    el(
      'div',
      { class: isProblem ? 'notice' : 'actions', id: 'sample-labels' },
      el('p', {}, text),
      button,
    ),
  ];
}
