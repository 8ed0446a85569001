// What a file of labels, or of the names of classes, holds: which of the two it is, is not always to be seen in it.

/** The class of one sample, as it is written. */
export interface LabelEntry {
  /** The sample; none where labels are in the order of the samples. */
  name?: string | undefined;
  /** The index of a class, or its name. */
  label: string;
  /** "line 3". */
  where: string;
}

/** What a file can be read as. */
export interface LabelContent {
  entries?: readonly LabelEntry[] | undefined;
  /** Names of classes, in their order. */
  classes?: readonly string[] | undefined;
  /** Whether each name of a class has its index before it, so that the index may be the name of a sample instead. */
  isNumbered?: boolean | undefined;
}

export const isIndex = (text: string): boolean => /^\d+$/.test(text);

// Columns of tables and keys of objects, lower case; of several the first counts.
export const LABEL_KEYS = ['label', 'labels', 'label_id', 'class', 'class_id', 'category'];
export const NAME_KEYS = [
  'filename',
  'file_name',
  'file',
  'path',
  'image',
  'name',
  'image_id',
  'sample',
  'id',
];

/** The place of the first of these keys among names; -1 where there is none of them. */
export function placeOf(keys: readonly string[], names: readonly string[]): number {
  const plain = names.map((name) => name.trim().toLowerCase());
  const found = keys.find((key) => plain.includes(key));
  return found === undefined ? -1 : plain.indexOf(found);
}

/** Whether these are 0 to the last, in any order. */
export function areAllIndices(labels: readonly string[]): boolean {
  const seen = new Set(labels.filter(isIndex).map(Number));
  return seen.size === labels.length && [...seen].every((index) => index < labels.length);
}

/** Names in the order of their indices. */
export function inOrder(pairs: readonly (readonly [index: string, name: string])[]): string[] {
  const names: string[] = [];
  for (const [index, name] of pairs) names[Number(index)] = name;
  return names;
}

/**
 * Entries that may be names of classes instead. Where most of them are indices they are labels, so that one that is not is said to
 * be wrong.
 */
export function eitherOf(entries: readonly LabelEntry[], classes: readonly string[]): LabelContent {
  const indices = entries.filter(({ label }) => isIndex(label)).length;
  return indices > entries.length / 2 ? { entries } : { entries, classes };
}

/** The names of classes in what is known to be a list of them; undefined where there are none. */
export function classesOf({ entries = [], classes }: LabelContent): readonly string[] | undefined {
  if (classes !== undefined) return classes;
  const labels = entries.map(({ label }) => label);
  if (entries.every(({ name }) => name === undefined)) return labels;
  const names = entries.map(({ name }) => name ?? '');
  if (areAllIndices(names)) return inOrder(labels.map((label, i) => [names[i]!, label]));
  if (areAllIndices(labels)) return inOrder(labels.map((label, i) => [label, names[i]!]));
  return undefined;
}
