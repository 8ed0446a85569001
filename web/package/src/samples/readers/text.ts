// Plain text: each line that is not empty is a sample.
import type { SampleReader } from '../reader.js';
import { samplesOfRows, textOf } from './rows.js';

export const text: SampleReader = {
  extensions: ['.txt'],
  kinds: ['text'],
  async open(file, context) {
    const lines = (await textOf(file)).split(/\r?\n/).filter((line) => line.trim() !== '');
    return samplesOfRows(
      file,
      lines.map((line) => ({ '': line })),
      context,
    );
  },
};
