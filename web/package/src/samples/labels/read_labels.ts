// The classes of samples, from what lies beside them.
import { QuantabError } from '../../core/error.js';
import { parseJsonObject } from '../configs.js';
import { errorOf, invalidFile } from '../format.js';
import type { SampleFile } from '../group.js';
import { textOf } from '../readers/rows.js';
import { ClassList } from './class_list.js';
import { folderLabels } from './folder_labels.js';
import { classesOf, isIndex, type LabelContent, type LabelEntry } from './label_content.js';
import { isClassList, isLabelFile } from './label_files.js';
import { classesInConfig, labelJson } from './label_json.js';
import { labelLines } from './label_lines.js';
import { SampleNames } from './sample_names.js';

/** What readLabels() takes beside files and the names of samples. */
export interface LabelOptions {
  /** How many classes the model tells apart, where that is known: classCountOf(). */
  classes?: number | undefined;
}

/** What is known of the classes of samples. */
export interface SampleLabels {
  /** The class of each sample, an index counted from 0, in the order of the samples; undefined where only names of classes are known. */
  labels: readonly number[] | undefined;
  /** What the classes are called, in the order of the model's scores. */
  classNames: readonly string[] | undefined;
  /** The file that has the labels, or else the names; undefined where the samples' folders are their classes. */
  file: string | undefined;
  /** Labels of the file that are of no sample here. */
  others: number;
}

interface Source extends LabelContent {
  path: string;
}

const ONE_FOR_EACH = 'Give one label for each sample.';

const fail = (path: string, what: string): never => {
  throw new QuantabError('InvalidArgument', `'${path}' ${what}`, { file: path });
};

async function sourceOf(file: SampleFile, samples: SampleNames): Promise<Source> {
  const { path } = file;
  try {
    const text = await textOf(file);
    const content = /\.json$/i.test(path)
      ? labelJson(text)
      : labelLines(text, (name) => samples.find(name).samples.length > 0);
    if (!isClassList(path)) return { path, ...content };
    const classes = classesOf(content);
    if (classes !== undefined) return { path, classes };
    throw invalidFile('This is no list of classes. Give a name for each, or call the file labels.');
  } catch (error) {
    throw error instanceof QuantabError && error.where.file === undefined
      ? errorOf(error, `'${path}'`, path)
      : error;
  }
}

/** Of the files that may hold labels, the last counts, and one that cannot be read counts too. */
async function sourcesOf(files: readonly SampleFile[], samples: SampleNames): Promise<Source[]> {
  const sources: Source[] = [];
  for (const file of files.toReversed()) {
    try {
      sources.push(await sourceOf(file, samples));
    } catch (error) {
      if (!sources.some(({ entries }) => entries !== undefined)) throw error;
    }
  }
  return sources;
}

/** The classes of a model's own configuration, unless it has none or is another model's. */
async function configured(
  files: readonly SampleFile[],
  count: number | undefined,
): Promise<ClassList | undefined> {
  const file = files.findLast(({ path }) => /(^|\/)config\.json$/i.test(path));
  if (file === undefined) return undefined;
  const bytes = await file.bytes();
  let classes: string[] | undefined;
  try {
    classes = classesInConfig(parseJsonObject(bytes, file.path));
  } catch {
    return undefined;
  }
  const isOfModel = classes?.length === (count ?? classes?.length);
  return classes && isOfModel ? new ClassList(file.path, classes) : undefined;
}

const areNamed = ({ entries = [] }: Source): boolean =>
  entries.some(({ name }) => name !== undefined);

/** What a source is held against. */
interface Beside {
  samples: SampleNames;
  /** Names of classes that are that and nothing else. */
  certain: ClassList | undefined;
  count: number | undefined;
}

const areAllIn = ({ entries = [] }: Source, list: ClassList | undefined): boolean =>
  list !== undefined && entries.every(({ label }) => list.find(label) !== undefined);

/** Whether what may be names of classes has a label for every sample. */
function coversSamples(source: Source, { samples, certain, count }: Beside): boolean {
  const { entries = [], classes, isNumbered } = source;
  if (isNumbered && (classes?.length === count || !areAllIn(source, certain))) return false;
  const named = entries.flatMap(({ name }) =>
    name === undefined ? [] : samples.find(name).samples,
  );
  return new Set(named).size === samples.names.length;
}

/** Whether what may be names of classes are labels: they name samples, or, in their order, classes that are known by another file. */
function areLabels(source: Source, known: ClassList | undefined, beside: Beside): boolean {
  const { entries = [] } = source;
  if (areNamed(source)) return coversSamples(source, beside);
  const distinct = new Set(entries.map(({ label }) => label));
  const isSameList = distinct.size === entries.length && entries.length === known?.names.length;
  return !isSameList && areAllIn(source, known);
}

/** What labels are held to. */
interface Classes {
  list: ClassList | undefined;
  count: number | undefined;
  /** What to do about an index that is too large. */
  advice: string;
}

/** The class that a label means. */
function classOf(
  { label, where }: LabelEntry,
  path: string,
  { list, count, advice }: Classes,
): number {
  if (isIndex(label)) {
    const index = Number(label);
    if (Number.isSafeInteger(index) && index < (count ?? Infinity)) return index;
    const range =
      count === undefined
        ? 'which is no index'
        : `but the model has ${count} classes, counted from 0 to ${count - 1}`;
    return fail(path, `has the class ${label} at ${where}, ${range}. ${advice}`);
  }
  const named = list?.find(label);
  if (named !== undefined) return named;
  return fail(
    path,
    list === undefined
      ? `has '${label}' at ${where}, which is not the index of a class. For names, add a list of the classes: classes.txt, a line each in the order of the model's scores, or the model's config.json.`
      : `has '${label}' at ${where}, which is none of the ${list.names.length} classes in '${list.path}'. Correct one of the two files.`,
  );
}

/** By the names of the samples. */
function byName(
  entries: readonly LabelEntry[],
  path: string,
  samples: SampleNames,
  toClass: (entry: LabelEntry) => number,
): { labels: number[]; others: number } {
  const labels = new Array<number | undefined>(samples.names.length).fill(undefined);
  const ranks = new Array<number>(samples.names.length).fill(-1);
  const strangers: LabelEntry[] = [];
  for (const entry of entries) {
    const { name, where } = entry;
    if (name === undefined) return fail(path, `names no sample at ${where}, but others are named.`);
    const {
      samples: [sample, other],
      rank,
    } = samples.find(name);
    if (sample === undefined) {
      strangers.push(entry);
      continue;
    }
    if (other !== undefined) {
      fail(
        path,
        `has the name '${name}' at ${where}, which may be '${samples.names[sample]}' or '${samples.names[other]}'. Write their folders too.`,
      );
    }
    if (rank < ranks[sample]!) continue;
    const label = toClass(entry);
    if (rank === ranks[sample] && labels[sample] !== label) {
      fail(
        path,
        `has the classes ${labels[sample]} and ${label} for '${samples.names[sample]}', the latter at ${where}. Leave one of them out.`,
      );
    }
    labels[sample] = label;
    ranks[sample] = rank;
  }
  const missing = labels.flatMap((label, i) => (label === undefined ? [i] : []));
  if (missing.length > 0) {
    const [stranger] = strangers;
    const odd =
      stranger === undefined
        ? ''
        : ` It names '${stranger.name}' at ${stranger.where}, and no sample is called so.`;
    fail(
      path,
      `has no label for ${missing.length} of ${labels.length} samples, such as '${samples.names[missing[0]!]}'.${odd} ${ONE_FOR_EACH}`,
    );
  }
  return { labels: labels as number[], others: strangers.length };
}

function labelsOf(
  { path, entries = [] }: Source,
  samples: SampleNames,
  list: ClassList | undefined,
  count: number | undefined,
): { labels: number[]; others: number } {
  const indices = entries.map(({ label }) => (isIndex(label) ? Number(label) : 0));
  const areFromOne = indices.every((index) => index > 0 && index <= (count ?? 0));
  const advice = areFromOne
    ? 'These labels seem to be counted from 1: take 1 from each.'
    : 'Correct the label.';
  const toClass = (entry: LabelEntry) => classOf(entry, path, { list, count, advice });
  if (areNamed({ path, entries })) {
    return byName(entries, path, samples, toClass);
  }
  const labels = entries.map(toClass);
  const wanted = samples.names.length;
  if (labels.length !== wanted) {
    fail(path, `has ${labels.length} labels, but there are ${wanted} samples. ${ONE_FOR_EACH}`);
  }
  return { labels, others: 0 };
}

/** Whether a list of classes is the model's. Throws where it is not, and labels need it. */
function fits(
  list: ClassList | undefined,
  count: number | undefined,
  source: Source | undefined,
): boolean {
  if (list === undefined || count === undefined || list.names.length === count) return true;
  if (source?.entries?.every(({ label }) => isIndex(label))) return false;
  return fail(
    list.path,
    `names ${list.names.length} classes, but the model has ${count}. Give one name for each of its scores, in their order.`,
  );
}

/** As readLabels(), of files that are known to be of labels or of names of classes, and of what the model's configuration has. */
export async function labelsFrom(
  files: readonly SampleFile[],
  config: ClassList | undefined,
  names: readonly string[],
  { classes: count }: LabelOptions,
): Promise<SampleLabels | undefined> {
  const samples = new SampleNames(names);
  const sources = await sourcesOf(files, samples);
  const listOf = (each: Source | undefined): ClassList | undefined =>
    each?.classes === undefined ? config : new ClassList(each.path, each.classes);
  const certain = listOf(
    sources.find(({ entries, classes }) => entries === undefined && classes !== undefined),
  );
  const held: Beside = { samples, certain, count };
  const listBeside = (own: Source | undefined): ClassList | undefined =>
    listOf(
      sources.find(
        (each) => each !== own && each.classes !== undefined && !coversSamples(each, held),
      ),
    );
  // What is nothing but labels comes before what may be names of classes.
  const source =
    sources.find(({ entries, classes }) => entries !== undefined && classes === undefined) ??
    sources.find((each) => each.entries !== undefined && areLabels(each, listBeside(each), held));
  const beside = listBeside(source);
  const list = fits(beside, count, source) ? beside : undefined;
  const classNames = list?.names;
  if (source !== undefined) {
    return { ...labelsOf(source, samples, list, count), classNames, file: source.path };
  }
  const labels = folderLabels(names, list, count);
  if (labels !== undefined) return { labels, classNames, file: undefined, others: 0 };
  return list === undefined || list === config
    ? undefined
    : { labels: undefined, classNames, file: list.path, others: 0 };
}

/**
 * The classes of samples of these names, as the files say (isLabelFile() and config.json count, others are passed over), or, where none has
 * labels, as the folders do that the samples lie in. Labels are indices, or names where a file has those of the classes; a line, an item or
 * a key of JSON each, with the name of its sample, or in the order of the samples. Of several files of labels the last counts, and one of
 * nothing but labels before one that may be names of classes. Undefined where nothing says anything. Rejects with a QuantabError that names
 * the file where a sample is left without a label, a label is no class, or the names of classes are not as many as the model's.
 */
export async function readLabels(
  files: readonly SampleFile[],
  names: readonly string[],
  options: LabelOptions = {},
): Promise<SampleLabels | undefined> {
  const ofLabels = files.filter(({ path }) => isLabelFile(path));
  return labelsFrom(ofLabels, await configured(files, options.classes), names, options);
}
