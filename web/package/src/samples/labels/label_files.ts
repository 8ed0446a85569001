// Which files beside samples say what classes these are of, or what the classes are called: told by their names.

const EXTENSION = /\.(txt|csv|tsv|json)$/i;

/** What a part of a data set is called, or one that is known. */
const PART = '(?:train|val|valid|validation|dev|test|eval|held_?out|imagenet|coco)';
const CLASSES =
  '(?:classes|class_?names?|class_(?:index|list)|id2label|label2id|synsets?(?:_words)?)';
const LABELS = `(?:labels?|class|class_(?:ids?|labels?)|ground_truth|y_(?:true|train|val|test))`;

const inPart = (words: string): string => `(?:${PART}_?)?${words}(?:_?${PART})?`;

// With '_' for whatever divides words.
const CLASS_LIST = new RegExp(`^(?:config|${inPart(CLASSES)})$`);
const NAME = new RegExp(`^(?:${inPart(CLASSES)}|${inPart(LABELS)}|\\w+_labels)$`);

const stemOf = (path: string): string =>
  path
    .slice(path.lastIndexOf('/') + 1)
    .replace(EXTENSION, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_');

/**
 * Whether a file of this name is one of labels, or of names of classes, rather than of samples: a table, text or JSON that is called
 * "labels", "classes", "class_names", "ground_truth", "id2label" or so, perhaps with the part of the data set ("val_labels").
 */
export const isLabelFile = (path: string): boolean =>
  EXTENSION.test(path) && NAME.test(stemOf(path));

/** Whether a file of this name is a list of classes, whatever it looks like: "classes", "id2label", or a model's config.json. */
export const isClassList = (path: string): boolean =>
  EXTENSION.test(path) && CLASS_LIST.test(stemOf(path));
