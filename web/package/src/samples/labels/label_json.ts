// Labels as JSON: by the names of samples or in their order, and names of classes as Hugging Face's config.json has them.
import { objectIn, type Json } from '../configs.js';
import { invalidFile } from '../format.js';
import {
  areAllIndices,
  eitherOf,
  inOrder,
  isIndex,
  LABEL_KEYS,
  NAME_KEYS,
  placeOf,
  type LabelContent,
  type LabelEntry,
} from './label_content.js';

const EXPECTED =
  'Expected an object of labels by the names of the samples, or a list of labels in their order.';

const wrong = (where: string) =>
  invalidFile(`At ${where} there is neither the index of a class nor its name. ${EXPECTED}`);

/** The index of a class, or its name, as text; the parts of a name together, as ImageNet's index has WordNet's number before it. */
function labelIn(value: unknown, where: string): string {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return String(value);
  if (typeof value === 'string' && value.trim() !== '') return value.trim();
  if (Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string')) {
    return value.join(' ');
  }
  throw wrong(where);
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const keyOf = (object: Json, keys: readonly string[]): string | undefined =>
  Object.keys(object)[placeOf(keys, Object.keys(object))];

function fromList(list: readonly unknown[]): LabelContent {
  if (list.length === 0) throw invalidFile(`This list is empty. ${EXPECTED}`);
  const entries = list.map((value, i): LabelEntry => {
    const where = `item ${i + 1}`;
    if (!isObject(value)) return { label: labelIn(value, where), where };
    const [label, name] = [keyOf(value, LABEL_KEYS), keyOf(value, NAME_KEYS)];
    if (label === undefined) throw wrong(where);
    const sample = name === undefined ? undefined : value[name];
    return {
      name: typeof sample === 'string' || typeof sample === 'number' ? String(sample) : undefined,
      label: labelIn(value[label], where),
      where,
    };
  });
  if (list.some(isObject)) return { entries };
  return eitherOf(
    entries,
    entries.map(({ label }) => label),
  );
}

/** The names of classes that a model's configuration has; undefined where there are none. */
export function classesInConfig(json: Json): string[] | undefined {
  const byIndex = json['id2label'];
  if (Array.isArray(byIndex) && byIndex.every((each) => typeof each === 'string')) return byIndex;
  const pairs = isObject(byIndex)
    ? Object.entries(byIndex).map(([index, name]) => [index, String(name)] as const)
    : Object.entries(objectIn(json, 'label2id') ?? {}).map(
        ([name, index]) => [String(index), name] as const,
      );
  return pairs.length > 0 && areAllIndices(pairs.map(([index]) => index))
    ? inOrder(pairs)
    : undefined;
}

function fromObject(json: Json): LabelContent {
  const configured = classesInConfig(json);
  if (configured !== undefined) return { classes: configured };
  const { labels } = json;
  if (Array.isArray(labels)) return fromList(labels);
  const entries = Object.entries(isObject(labels) ? labels : json).map(
    ([name, value]): LabelEntry => {
      const where = `'${name}'`;
      return { name, label: labelIn(value, where), where };
    },
  );
  if (entries.length === 0) throw invalidFile(`This object is empty. ${EXPECTED}`);
  const names = entries.map(({ name }) => name!);
  const values = entries.map(({ label }) => label);
  if (areAllIndices(names) && !values.some(isIndex)) {
    const classes = inOrder(entries.map(({ name, label }) => [name!, label]));
    return { entries, classes, isNumbered: true };
  }
  if (areAllIndices(values) && !names.some(isIndex)) {
    return { entries, classes: inOrder(entries.map(({ name, label }) => [label, name!])) };
  }
  return { entries };
}

/** The content of a JSON file. Throws a QuantabError where it is none of these. */
export function labelJson(text: string): LabelContent {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidFile('This is no JSON. Save it again.');
  }
  if (Array.isArray(value)) return fromList(value);
  if (isObject(value)) return fromObject(value);
  throw invalidFile(`This JSON is ${JSON.stringify(value)}. ${EXPECTED}`);
}
