// Labels as text: lines, or a table whose first row names its columns.
import { invalidFile } from '../format.js';
import { tableOf } from '../readers/csv.js';
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

interface Line {
  text: string;
  /** Counted from 1. */
  number: number;
}

const where = ({ number }: Pick<Line, 'number'>): string => `line ${number}`;

const unquoted = (text: string): string => text.trim().replace(/^"(.*)"$/, '$1');

/** A name, and after it the index of a class. */
const NAME_AND_INDEX = /^(.*[^\t,; ])[\t,; ]+"?(\d+)"?$/;
/** An index after a word and one space. */
const SPACE_AND_INDEX = /[^\t,;" ] \d+$/;
/** The index of a class, and after it a name. */
const INDEX_AND_NAME = /^(\d+)[\t,;: ]\s*(.*\S)$/;
const TWO_CELLS = /^([^\t,;]+)[\t,;]([^\t,;]+)$/;

/** What a pattern finds in every line; undefined where it does not fit one of them. */
function pairsIn(lines: readonly Line[], pattern: RegExp): [string, string][] | undefined {
  const pairs: [string, string][] = [];
  for (const { text } of lines) {
    const [, first, second] = pattern.exec(text) ?? [];
    if (first === undefined || second === undefined) return undefined;
    pairs.push([unquoted(first), unquoted(second)]);
  }
  return pairs;
}

const named = (
  lines: readonly Line[],
  pairs: readonly (readonly [string, string])[],
): LabelEntry[] => pairs.map(([name, label], i) => ({ name, label, where: where(lines[i]!) }));

/** A table with a column of labels; undefined where it has none of samples' names beside it. */
function fromTable(content: string): LabelContent | undefined {
  const [{ cells: head } = { cells: [] }, ...rows] = tableOf(content).filter(({ cells }) =>
    cells.some((cell) => cell.trim() !== ''),
  );
  const labels = placeOf(LABEL_KEYS, head);
  const samples = head.length === 2 ? 1 - labels : placeOf(NAME_KEYS, head);
  const isTable = labels >= 0 && (head.length === 1 || samples >= 0);
  if (!isTable || rows.length === 0) return undefined;
  const entries = rows.map(({ cells, line }): LabelEntry => {
    if (cells.length !== head.length) {
      throw invalidFile(
        `Line ${line} has ${cells.length} cells, expected ${head.length}. Correct the line.`,
      );
    }
    const label = cells[labels]!.trim();
    if (label === '') throw invalidFile(`Line ${line} has no label. Give one in each row.`);
    return { name: cells[samples]?.trim(), label, where: where({ number: line }) };
  });
  // A list of classes may be a table as well.
  const isNumbered = entries.every(({ name, label }, i) => name === String(i) && !isIndex(label));
  if (samples >= 0 && !isNumbered) return { entries };
  const classes = entries.map(({ label }) => label);
  return { ...eitherOf(entries, classes), isNumbered };
}

/** Whether indices are divided from names, and are no part of these as in "digit 0", where the divider is one space. */
function areDivided(
  lines: readonly Line[],
  pairs: readonly (readonly [string, string])[],
  isSample: (name: string) => boolean,
): boolean {
  if (!lines.every(({ text }) => SPACE_AND_INDEX.test(text))) return true;
  const names = pairs.map(([name]) => name);
  const areDistinct = new Set(names).size === names.length;
  return areDistinct && (names.some(isSample) || areAllIndices(pairs.map(([, index]) => index)));
}

function fromLines(lines: readonly Line[], isSample: (name: string) => boolean): LabelContent {
  const texts = lines.map(({ text }) => unquoted(text));
  const inTheirOrder = lines.map((line, i): LabelEntry => ({
    label: texts[i]!,
    where: where(line),
  }));
  if (texts.every(isIndex)) return { entries: inTheirOrder };
  const toIndices = pairsIn(lines, NAME_AND_INDEX);
  if (toIndices !== undefined && areDivided(lines, toIndices, isSample)) {
    const entries = named(lines, toIndices);
    const isMap = areAllIndices(toIndices.map(([, index]) => index));
    return isMap
      ? { entries, classes: inOrder(toIndices.map(([name, index]) => [index, name])) }
      : { entries };
  }
  const numbered = pairsIn(lines, INDEX_AND_NAME);
  if (numbered !== undefined && areAllIndices(numbered.map(([index]) => index))) {
    return { entries: named(lines, numbered), classes: inOrder(numbered), isNumbered: true };
  }
  const pairs = pairsIn(lines, TWO_CELLS);
  return eitherOf(pairs === undefined ? inTheirOrder : named(lines, pairs), texts);
}

/** The content of a text file or table, beside samples of some names. Throws a QuantabError where there is none. */
export function labelLines(text: string, isSample: (name: string) => boolean): LabelContent {
  const content = text.replace(/^\uFEFF/, '');
  const lines = content
    .split(/\r?\n/)
    .map((each, i) => ({ text: each.trim(), number: i + 1 }))
    .filter((line) => line.text !== '');
  if (lines.length === 0) throw invalidFile('This file is empty. Give a label for each sample.');
  const isTable = placeOf(LABEL_KEYS, lines[0]!.text.split(/[\t,;]/).map(unquoted)) >= 0;
  return (isTable ? fromTable(content) : undefined) ?? fromLines(lines, isSample);
}
