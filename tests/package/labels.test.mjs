// The classes of samples from files of labels, from lists of classes and from folders; and by both command lines.
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openModel } from 'quantab';
import {
  classCountOf,
  isLabelFile,
  readLabels,
  readNpy,
  readSamples,
  writeNpy,
} from 'quantab/samples';
import { keep } from './keep.mjs';
import { digitSamples, digitsPath, inTemporaryFolder, root } from './lib.mjs';
import { programs } from './programs.mjs';

/** Writes files to a folder on disk and reads labels of them. */
const labelsOf = (files, names, options) =>
  inTemporaryFolder(async (folder) => {
    const written = Object.entries(files).map(([name, content]) => {
      fs.writeFileSync(
        path.join(folder, name),
        typeof content === 'string' ? content : JSON.stringify(content),
      );
      return { path: name, bytes: async () => fs.readFileSync(path.join(folder, name)) };
    });
    return await readLabels(written, names, options);
  });

const NAMES = ['in/a.png', 'in/b.png', 'in/c.png'];
const ANIMALS = 'cat\ndog\nbird\n';

test('files of labels are known by their names', () => {
  for (const name of [
    'labels.txt',
    'a/val_labels.csv',
    'labels-heldout.tsv',
    'y_test.json',
    'id2label.json',
    'classes.txt',
    'imagenet_class_index.json',
    'ImageNetLabels.txt',
    'synset_words.txt',
    'test labels.txt',
    'classes_val.csv',
    'Ground-Truth.json',
  ]) {
    expect([name, isLabelFile(name)]).toEqual([name, true]);
  }
  for (const name of [
    'labels.npy',
    'label/1.csv',
    'texts.txt',
    'classic.csv',
    'config.json',
    'labelled.json',
    'class-action.txt',
    'first_class.txt',
    'world class.csv',
    'label_smoothing.txt',
    'soundlabel.json',
  ]) {
    expect([name, isLabelFile(name)]).toEqual([name, false]);
  }
});

describe('labels are read from', () => {
  test.each([
    ['lines in the order of the samples', 'labels.txt', '3\r\n\r\n0\r\n1'],
    ['a column with a head', 'labels.csv', '\uFEFFlabel\n3\n0\n1\n'],
    ['names, commas and indices, in any order', 'labels.csv', 'c.png,1\na.png,3\nb.png,0\n'],
    [
      'names as a list of pictures has them',
      'val_labels.txt',
      'x/in/b.JPEG 0\nx/in/c.JPEG 1\nx/in/a.JPEG 3\n',
    ],
    [
      'a table of more columns, quoted',
      'labels.csv',
      'id,file name,filename,label\n7,"x,y","in/c.png",1\n8,,in/a.png,3\n9,,in/b.png,0\n',
    ],
    ['tabs, and of more samples than are here', 'labels.tsv', 'a\t3\nq\t9\nb\t0\nc\t1\nr\t9\n'],
    ['rows among rows of spaces', 'labels.csv', 'name,label\na,3\n  \n , \nb,0\nc,1\n  '],
    ['indices in quotes', 'labels.csv', '"3"\n"0"\n1\n'],
    ['a list of JSON', 'labels.json', [3, '0', 1]],
    ['an object of JSON', 'labels.json', { 'c.png': 1, b: 0, 'in/a.png': 3 }],
    [
      'a list of objects',
      'labels.json',
      [
        { file_name: 'b.png', label: 0 },
        { file_name: 'a.png', label: 3 },
        { file_name: 'c.png', label: 1 },
      ],
    ],
    ['an object in an object', 'labels.json', { labels: [3, 0, 1] }],
  ])('%s', async (_, file, content) => {
    const found = await labelsOf({ [file]: content }, NAMES, { classes: 10 });
    expect(found).toMatchObject({ labels: [3, 0, 1], classNames: undefined, file });
  });

  test.each([
    ['lines', { 'classes.txt': ANIMALS, 'labels.csv': 'a.png,bird\nb.png,Dog\nc.png,cat\n' }],
    [
      'lines without names, in whichever file',
      { 'labels.txt': 'bird\ndog\ncat\n', 'class_names.txt': `0 cat\n1 dog\n2 bird\n3 fish` },
    ],
    [
      'numbered lines',
      {
        'labels.txt': '0: cat\n1: dog\n2: bird\n',
        'y_true.json': ['bird', 'dog', 'cat'],
        'id2label.json': { 0: 'cat', 1: 'dog', 2: 'bird', 3: 'x' },
      },
    ],
    [
      "a model's configuration",
      {
        'config.json': { id2label: { 0: 'cat', 1: 'dog', 2: 'bird' } },
        'labels.json': { a: 'bird', b: 'dog', c: 'cat' },
      },
    ],
    [
      'indices by name',
      { 'label2id.json': { dog: 1, cat: 0, bird: 2 }, 'labels.tsv': 'a\tbird\nb\tdog\nc\tcat' },
    ],
    [
      "ImageNet's numbers and several names",
      {
        'synsets.txt':
          'n02123045 tabby, tabby cat\nn02084071 dog, domestic_dog, canine\nn01503061 bird',
        'labels.csv': 'a,n01503061\nb,Domestic Dog\nc,tabby cat\n',
      },
    ],
  ])('names of classes, these in %s', async (_, files) => {
    expect(await labelsOf(files, NAMES)).toMatchObject({ labels: [2, 1, 0] });
  });

  test('the last of several files, though another be broken', async () => {
    const files = {
      'old_labels.txt': '1\n1\n1\n',
      'bad_labels.json': '{',
      'labels.txt': '3\n0\n1\n',
    };
    expect(await labelsOf(files, NAMES)).toMatchObject({ labels: [3, 0, 1], file: 'labels.txt' });
    await expect(labelsOf({ ...files, 'new_labels.json': '[' }, NAMES)).rejects.toThrow(
      "'new_labels.json': This is no JSON. Save it again.",
    );
  });

  test('folders, by number or by the name of the class', async () => {
    const numbered = ['d/0/a.png', 'd/1/a.png', 'd/0/b.png'];
    const found = { labels: [0, 1, 0], file: undefined };
    expect(await labelsOf({}, numbered, { classes: 2 })).toMatchObject(found);
    expect(await labelsOf({}, numbered)).toBeUndefined();
    expect(await labelsOf({}, numbered, { classes: 1 })).toBeUndefined();
    const named = ['cats/1.jpg', 'dogs/1.jpg', 'cats/2.jpg'];
    const lists = { 'classes.txt': 'cats\ndogs\nbirds\n' };
    expect(await labelsOf(lists, named, { classes: 3 })).toMatchObject(found);
    expect(await labelsOf({}, named, { classes: 3 })).toBeUndefined();
    // Without labels, the names of the classes are what is known.
    expect(await labelsOf(lists, ['1.jpg', '2.jpg'], { classes: 3 })).toEqual({
      labels: undefined,
      classNames: ['cats', 'dogs', 'birds'],
      file: 'classes.txt',
      others: 0,
    });
    await expect(labelsOf(lists, [...named, 'cast/3.jpg'])).rejects.toThrow(
      "'cast/3.jpg' lies in the folder 'cast', which is none of the 3 classes in 'classes.txt', though 'cats' is. Move it, or give a file of labels.",
    );
  });
});

describe('a list of classes is no labels:', () => {
  const numbers = ['d/0.png', 'd/1.png', 'd/2.png'];
  const words = ['d/cat.png', 'd/dog.png', 'd/bird.png'];
  test.each([
    ['numbers', 'classes.txt', '2\n0\n1\n', NAMES, ['2', '0', '1']],
    ['numbers by index', 'class_names.json', { 0: '5', 1: '6', 2: '7' }, numbers, ['5', '6', '7']],
    ['names by index', 'class_names.json', { 0: 'cat', 1: 'dog', 2: 'bird' }, numbers],
    ['id2label', 'config.json', { id2label: { 0: 'cat', 1: 'dog', 2: 'bird' } }, numbers],
    ['names by index, of any name', 'labels.json', { 0: 'cat', 1: 'dog', 2: 'bird' }, numbers],
    ['lines with indices', 'labels.txt', '0 cat\n1 dog\n2 bird\n', numbers],
    ['indices by name', 'label2id.json', { cat: 0, dog: 1, bird: 2 }, words],
    [
      'indices by name, of samples that are more',
      'labels.json',
      { cat: 0, dog: 1, bird: 2 },
      [...words, 'd/4.png'],
    ],
    ['lines with indices after', 'labels.txt', 'cat 0\ndog 1\nbird 2\n', NAMES],
    [
      'names that end in a number',
      'labels.txt',
      'digit 0\ndigit 1\ndigit 2\n',
      ['digit', 'b', 'c'],
      ['digit 0', 'digit 1', 'digit 2'],
    ],
    [
      'names that end in another number',
      'classes.txt',
      'Grade 1\nGrade 2\nGrade 3\n',
      NAMES,
      ['Grade 1', 'Grade 2', 'Grade 3'],
    ],
  ])('%s', async (_, file, content, names, classNames = ['cat', 'dog', 'bird']) => {
    const labels = ['bird', 'dog', 'bird', 'dog'].slice(0, names.length);
    const found = await labelsOf({ [file]: content }, names, { classes: 3 });
    if (file === 'config.json') expect(found).toBeUndefined();
    else expect(found).toMatchObject({ labels: undefined, classNames });
    if (classNames[0] !== 'cat') return;
    const both = { [file]: content, 'val_labels.csv': labels.join('\n') };
    expect(await labelsOf(both, names, { classes: 3 })).toMatchObject({
      labels: [2, 1, 2, 1].slice(0, names.length),
      classNames,
    });
  });

  test('but by the names of all samples it is', async () => {
    const found = { labels: [1, 0, 2], file: 'labels.txt' };
    for (const labels of ['a 1\nb 0\nc 2', 'a.png,1\nb.png,0\nc.png,2']) {
      expect(await labelsOf({ 'labels.txt': labels }, NAMES, { classes: 3 })).toMatchObject(found);
    }
  });

  test('a configuration without labels says nothing', async () => {
    for (const config of [[1], '{', 'null', {}, { id2label: 7 }, { architectures: ['X'] }]) {
      expect(await labelsOf({ 'config.json': config }, NAMES)).toBeUndefined();
    }
    await expect(labelsOf({ 'classes.txt': 'a.png,1\nb.png,1\n' }, NAMES)).rejects.toThrow(
      "'classes.txt': This is no list of classes. Give a name for each, or call the file labels.",
    );
  });
});

test('the longest name counts, and no label of another folder', async () => {
  const labels = async (lines, names) =>
    (await labelsOf({ 'labels.csv': lines.join('\n') }, names)).labels;
  const splits = ['train/a.npy,3', 'x/val/a.npy,5', 'val/b.npy,1', 'a.npy,7', 'train/b.npy,2'];
  expect(await labels(splits, ['../x/val/a.npy', 'd/val/b.npy'])).toEqual([5, 1]);
  expect(await labels(splits.toReversed(), ['x/val/a.npy', 'val/b.npy'])).toEqual([5, 1]);
  expect(await labels(['img.v1,4', 'img,2'], ['d/img.v1.npy', 'd/img.npy'])).toEqual([4, 2]);
  expect(await labels(['a.png,4', 'a.npy,2'], ['a.npy'])).toEqual([2]);
  expect(await labels(['train/a,4'], ['a.npy'])).toEqual([4]);
  await expect(labels(['train/a.npy,4'], ['d/a.npy'])).rejects.toThrow(
    "'labels.csv' has no label for 1 of 1 samples, such as 'd/a.npy'. It names 'train/a.npy' at line 1, and no sample is called so.",
  );
});

describe('what is wrong is said:', () => {
  test.each([
    [
      'another number',
      '1\n2\n',
      "'labels.csv' has 2 labels, but there are 3 samples. Give one label for each sample.",
    ],
    [
      'an unknown sample',
      'a,1\nb,1\nd,1\n',
      "'labels.csv' has no label for 1 of 3 samples, such as 'in/c.png'. It names 'd' at line 3, and no sample is called so. Give one label for each sample.",
    ],
    [
      'a class out of range',
      'a,1\nb,0\nc,10\n',
      "'labels.csv' has the class 10 at line 3, but the model has 10 classes, counted from 0 to 9. Correct the label.",
    ],
    [
      'classes from 1',
      'a,1\nb,2\nc,10\n',
      "'labels.csv' has the class 10 at line 3, but the model has 10 classes, counted from 0 to 9. These labels seem to be counted from 1: take 1 from each.",
    ],
    [
      'no class',
      '1\n0\n-1\n',
      "'labels.csv' has '-1' at line 3, which is not the index of a class. For names, add a list of the classes: classes.txt, a line each in the order of the model's scores, or the model's config.json.",
    ],
    [
      'two labels',
      'a,1\nb,0\nc,1\na,2\n',
      "'labels.csv' has the classes 1 and 2 for 'in/a.png', the latter at line 4. Leave one of them out.",
    ],
    ['nothing', '\n', "'labels.csv': This file is empty. Give a label for each sample."],
    [
      'a row without one',
      'name,label\na,1\nb,\n',
      "'labels.csv': Line 3 has no label. Give one in each row.",
    ],
    [
      'rows with too much, after one of spaces and one of two lines',
      'name,label,text\na,1,"x\ny"\n , ,\n  \nb,1,x,y\n',
      "'labels.csv': Line 6 has 4 cells, expected 3. Correct the line.",
    ],
    [
      'rows with too little',
      '\nname,label,text\na,1\n',
      "'labels.csv': Line 3 has 2 cells, expected 3. Correct the line.",
    ],
  ])('%s', async (_, content, message) => {
    const given = labelsOf({ 'labels.csv': content }, NAMES, { classes: 10 });
    await expect(given).rejects.toMatchObject({
      code: 'InvalidArgument',
      message,
      where: { file: 'labels.csv' },
    });
  });

  test.each([
    [
      { 'classes.txt': ANIMALS, 'labels.csv': 'a,cat\nb,dog\nc,cow\n' },
      "'labels.csv' has 'cow' at line 3, which is none of the 3 classes in 'classes.txt'. Correct one of the two files.",
    ],
    [
      { 'labels.json': { a: 1, b: 0, c: null } },
      "'labels.json': At 'c' there is neither the index of a class nor its name. Expected an object of labels by the names of the samples, or a list of labels in their order.",
    ],
    [
      { 'labels.json': '7' },
      "'labels.json': This JSON is 7. Expected an object of labels by the names of the samples, or a list of labels in their order.",
    ],
  ])('%j', async (files, message) => {
    await expect(labelsOf(files, NAMES)).rejects.toMatchObject({ message });
  });

  test('names that are not as many as the classes, or of several samples', async () => {
    await expect(labelsOf({ 'classes.txt': ANIMALS }, NAMES, { classes: 4 })).rejects.toThrow(
      "'classes.txt' names 3 classes, but the model has 4. Give one name for each of its scores, in their order.",
    );
    await expect(labelsOf({ 'labels.csv': 'x,1\n' }, ['a/x.png', 'b/x.png'])).rejects.toThrow(
      "'labels.csv' has the name 'x' at line 1, which may be 'a/x.png' or 'b/x.png'. Write their folders too.",
    );
  });
});

test('a model says how many classes it has', async () => {
  const { info } = await keep(openModel(digitsPath));
  expect(classCountOf(info.outputs)).toBe(10);
  const output = (...shape) => [
    { name: 'y', dtype: 'float32', shape: shape.map(String), hasShape: true },
  ];
  expect(classCountOf(output('N', 1000, 1, 1))).toBe(1000);
  for (const shape of [['N', 'classes'], ['N', 7, 1000], ['N', 1], []]) {
    expect(classCountOf(output(...shape))).toBeUndefined();
  }
});

test('files of labels are no samples', async () => {
  const { info } = await keep(openModel(digitsPath));
  const [{ image }] = digitSamples(1);
  const npy = { path: 'a.npy', bytes: async () => writeNpy(image) };
  const labels = { path: 'labels.json', bytes: async () => new TextEncoder().encode('[7]') };
  const samples = await readSamples([npy, labels], info.inputs);
  expect([samples.names, samples.unused]).toEqual([['a.npy'], []]);
  expect(await readLabels([npy, labels], samples.names)).toMatchObject({ labels: [7] });
});

/** Held-out digits as files of one each, in a folder, and their classes. */
function writeDigits(folder, count) {
  const file = path.join(root, 'examples', 'digits', 'heldout_labels.npy');
  const labels = [...readNpy(fs.readFileSync(file)).data].slice(0, count);
  fs.mkdirSync(path.join(folder, 'digits'));
  digitSamples(count, 'heldout.npy').forEach(({ image }, i) =>
    fs.writeFileSync(path.join(folder, 'digits', `${i}.npy`), writeNpy(image)),
  );
  return labels;
}

test.each(programs)(
  '%s: labels by name are those in order, and the accuracy is that of the labels',
  (_, quantab) =>
    inTemporaryFolder(async (folder) => {
      const labels = writeDigits(folder, 12);
      const file = path.join(folder, 'given.csv');
      const compared = async (lines) => {
        fs.writeFileSync(file, lines.join('\n'));
        const args = ['compare', digitsPath, digitsPath, '--data', path.join(folder, 'digits')];
        return quantab(...args, '--labels', file, '--json', '--quiet');
      };
      const accuracy = async (lines) =>
        JSON.parse((await compared(lines)).stdout).outputs[0].top1Accuracy;
      expect(await accuracy(labels)).toBe(1);
      expect(await accuracy(labels.map((label) => `"${label}"`))).toBe(1);
      expect(await accuracy(labels.map((label, i) => `${i}.npy,${label}`).toReversed())).toBe(1);
      // Of all parts of a data set, and in any order.
      const parts = ['digits/', 'train/', ''].flatMap((part, move) =>
        labels.map((label, i) => `${part}${i}.npy,${(label + move) % 10}`),
      );
      expect(await accuracy(parts)).toBe(1);
      expect(await accuracy(parts.toReversed())).toBe(1);
      expect(await compared(labels.map((label, i) => `train/${i}.npy,${label}`))).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("It names 'train/0.npy' at line 1"),
      });
      const renamed = path.join(folder, 'digits', '0.v1.npy');
      fs.renameSync(path.join(folder, 'digits', '0.npy'), renamed);
      expect(await accuracy(labels.map((label, i) => `${i || '0.v1'},${label}`))).toBe(1);
      fs.renameSync(renamed, path.join(folder, 'digits', '0.npy'));
      const wrong = labels.map((label, i) => `${i},${i < 3 ? (label + 1) % 10 : label}`);
      expect(await accuracy(wrong)).toBe(0.75);
      expect(await compared(['0,1', 'x,1'])).toMatchObject({
        status: 1,
        stderr: `'${file}' has no label for 11 of 12 samples, such as '${folder}/digits/1.npy'. It names 'x' at line 2, and no sample is called so. Give one label for each sample.\n`,
      });
    }),
);

test('a file of labels among the samples of a folder is none of them', () =>
  inTemporaryFolder(async (folder) => {
    const node = programs.find(([name]) => name === 'node')[1];
    const labels = writeDigits(folder, 3);
    const digits = path.join(folder, 'digits');
    digitSamples(3, 'heldout.npy').forEach(({ image }, i) => {
      fs.rmSync(path.join(digits, `${i}.npy`));
      fs.writeFileSync(path.join(digits, `${i}.json`), JSON.stringify([[...image.data]]));
    });
    const file = path.join(digits, 'given.csv');
    fs.writeFileSync(file, labels.join('\n'));
    const settings = path.join(folder, 'settings.json');
    fs.writeFileSync(settings, JSON.stringify({ inputs: { image: { kind: 'tensor' } } }));
    const args = ['compare', digitsPath, digitsPath, '--data', digits, '--labels', file];
    args.push('--preprocess', settings);
    const { stdout } = await node(...args, '--json', '--quiet');
    expect(JSON.parse(stdout).outputs[0].top1Accuracy).toBe(1);
  }));
