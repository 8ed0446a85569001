// Tables: each row is a sample. Commas, semicolons or tabs; quoted as in RFC 4180; a first row that is not all numbers names the
// columns, which else are "0", "1" and so on.
import { invalidFile } from '../format.js';
import type { SampleReader } from '../reader.js';
import type { TableRow } from '../rows.js';
import { samplesOfRows, textOf } from './rows.js';

const DELIMITERS = [',', ';', '\t'];

const isNumber = (cell: string): boolean => cell.trim() !== '' && Number.isFinite(Number(cell));

/** The most frequent one of the first line that is not empty. */
function delimiterOf(content: string): string {
  const line = /^.*\S.*$/m.exec(content)?.[0] ?? '';
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))]!;
}

interface Row {
  cells: string[];
  /** Where it begins, counted from 1. */
  line: number;
}

/** The rows of a table. Throws a QuantabError where a quotation does not end. */
export function tableOf(content: string): Row[] {
  const delimiter = delimiterOf(content);
  const rows: Row[] = [];
  let row: string[] = [];
  let line = 1;
  let begin = 1;
  let cell = '';
  let quoted = false;
  const endRow = () => {
    row.push(cell);
    if (row.length > 1 || cell !== '') rows.push({ cells: row, line: begin });
    begin = line;
    row = [];
    cell = '';
  };
  for (let i = 0; i < content.length; ++i) {
    const character = content[i]!;
    if (character === '\n') ++line;
    if (quoted) {
      if (character !== '"') cell += character;
      else if (content[i + 1] === '"') cell += content[++i]!;
      else quoted = false;
    } else if (character === '"' && cell === '') quoted = true;
    else if (character === delimiter) {
      row.push(cell);
      cell = '';
    } else if (character === '\n') endRow();
    else if (character !== '\r' || content[i + 1] !== '\n') cell += character;
  }
  if (quoted) throw invalidFile('A quotation in the table does not end. Save it again as CSV.');
  endRow();
  return rows;
}

/** The rows by column; cells that are numbers become numbers. */
export function rowsOf(content: string): TableRow[] {
  const [first = [], ...others] = tableOf(content.replace(/^\uFEFF/, '')).map(({ cells }) => cells);
  const isHeader = !first.every(isNumber);
  const names = first.map((cell, i) => (isHeader ? cell.trim() : String(i)));
  return (isHeader ? others : [first, ...others]).map((cells, i) => {
    if (cells.length !== names.length) {
      throw invalidFile(
        `Row ${i + 1} of the table has ${cells.length} cells, expected ${names.length}. Correct the row.`,
      );
    }
    return Object.fromEntries(
      cells.map((cell, column) => [names[column]!, isNumber(cell) ? Number(cell) : cell]),
    );
  });
}

export const csv: SampleReader = {
  extensions: ['.csv', '.tsv'],
  kinds: ['tensor', 'text'],
  open: async (file, context) => samplesOfRows(file, rowsOf(await textOf(file)), context),
};
