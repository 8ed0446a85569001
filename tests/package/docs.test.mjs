// The guide: its commands run, and print what it says they print.
import { expect, test } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import { blocksOf, runPage } from './docs.mjs';
import { cli, digitSamples, digitsPath, inTemporaryFolder, root, runModule } from './lib.mjs';
import { writeNpy } from 'quantab/samples';

const guide = path.join(root, 'docs', 'guide.md');

const NUMBER = /-?\d+(?:\.\d+)?/g;

/** A text without its numbers, and these. Times, which differ from run to run, are no figures of the model's. */
function partsOf(text) {
  const numbers = [];
  const words = text
    .replace(/ +/g, ' ')
    .replace(NUMBER, (number) => (numbers.push(Number(number)), '#'));
  return { words, numbers };
}

test('blocks are found with their languages', () => {
  const text = 'a\n```sh\nls\n```\n\n```text\nb\nc\n```\n```\nplain\n```\n';
  const blocks = blocksOf(text);
  expect(blocks.map(({ language, content }) => [language, content])).toEqual([
    ['sh', 'ls\n'],
    ['text', 'b\nc\n'],
    ['', 'plain\n'],
  ]);
  for (const { content, begin, end } of blocks) expect(text.slice(begin, end)).toBe(content);
});

// Other processors may round the last digit of what is shown otherwise.
test('the guide prints what it says', async () => {
  const printed = await runPage(guide);
  expect(printed.length).toBeGreaterThan(8);
  for (const { expected, actual } of printed) {
    const [said, found] = [partsOf(expected), partsOf(actual)];
    expect(found.words).toBe(said.words);
    found.numbers.forEach((number, i) => {
      const far = Math.abs(number - said.numbers[i]);
      expect(far).toBeLessThanOrEqual(0.02 * Math.abs(said.numbers[i]) + 1e-9);
    });
  }
}, 300_000);

/** Whether each file runs in onnxruntime-node and in onnxruntime-web; in a process of their own, where both find what they need. */
const runs = (files) =>
  runModule(`
    import fs from 'node:fs';
    import native from 'onnxruntime-node';
    import * as web from 'onnxruntime-web';
    web.env.logLevel = 'fatal';
    const rows = [];
    for (const file of ${JSON.stringify(files)}) {
      const row = [];
      for (const { InferenceSession, Tensor } of [native, web]) {
        try {
          const options = { logSeverityLevel: 4 };
          const session = await InferenceSession.create(fs.readFileSync(file), options);
          const image = new Tensor('float32', new Float32Array(64), [1, 1, 8, 8]);
          const { logits } = await session.run({ image });
          row.push(logits.data.every(Number.isFinite));
        } catch {
          row.push(false);
        }
      }
      rows.push(row);
    }
    console.log(JSON.stringify(rows));
  `);

test('the guide says rightly what runs where', async () => {
  const rows = fs
    .readFileSync(guide, 'utf8')
    .split('\n')
    .map((line) =>
      /^\| `(\w+)( .*)?` \| (runs|fails) \| (runs|fails) \| (runs|fails) \|$/.exec(line),
    )
    .filter((row) => row !== null);
  expect(rows.length).toBeGreaterThan(8);
  await inTemporaryFolder(async (folder) => {
    const data = path.join(folder, 'samples');
    fs.mkdirSync(data);
    digitSamples(20).forEach(({ image }, i) =>
      fs.writeFileSync(path.join(data, `${i}.npy`), writeNpy(image)),
    );
    const files = [];
    const ours = [];
    for (const [, command, options = ''] of rows) {
      const file = path.join(folder, `${files.length}.onnx`);
      files.push(file);
      const args = options.split(' ').filter((arg) => arg !== '');
      if (command === 'static') args.push('--calibration-data', data);
      const made = await cli(command, digitsPath, '-o', file, ...args);
      expect(made).toMatchObject({ status: 0 });
      const { status } = await cli('compare', digitsPath, file, '--data', data);
      ours.push(status === 0);
    }
    const theirs = await runs(files);
    const word = (does) => (does ? 'runs' : 'fails');
    rows.forEach(([line, , , ...said], i) => {
      expect({ line, found: [ours[i], ...theirs[i]].map(word) }).toEqual({ line, found: said });
    });
  });
}, 300_000);
