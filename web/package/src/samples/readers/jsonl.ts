// JSON by lines: each line that is not empty is a sample.
import { QuantabError } from '../../core/error.js';
import { errorOf } from '../format.js';
import type { SampleReader } from '../reader.js';
import { parseJson, rowOf } from './json.js';
import { samplesOfRows, textOf } from './rows.js';

export const jsonl: SampleReader = {
  extensions: ['.jsonl', '.ndjson'],
  kinds: ['tensor', 'text'],
  async open(file, context) {
    const lines = (await textOf(file)).split('\n');
    const rows = lines.flatMap((line, i) => {
      if (line.trim() === '') return [];
      try {
        return [rowOf(parseJson(line))];
      } catch (error) {
        throw error instanceof QuantabError ? errorOf(error, `Line ${i + 1}`) : error;
      }
    });
    return samplesOfRows(file, rows, context);
  },
};
