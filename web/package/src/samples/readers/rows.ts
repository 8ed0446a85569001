// Rows of a file as samples.
import type { SampleFile } from '../group.js';
import type { PendingPart, ReadContext } from '../reader.js';
import { sampleFromRow, type TableRow } from '../rows.js';

/** Samples of rows that are in memory, named after file and row ("a.csv:3", counted from 1). */
export const samplesOfRows = (
  file: SampleFile,
  rows: readonly TableRow[],
  context: ReadContext,
): PendingPart[] =>
  rows.map((row, i) => ({
    name: rows.length === 1 ? file.path : `${file.path}:${i + 1}`,
    read: () => sampleFromRow(row, context),
  }));

export const textOf = async (file: SampleFile): Promise<string> =>
  new TextDecoder().decode(await file.bytes());
