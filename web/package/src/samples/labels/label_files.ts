// Which files beside samples say what classes these are of, or what the classes are called: told by their names.

const EXTENSION = /\.(txt|csv|tsv|json)$/i;

/** Parts of names, with '_' for whatever divides words. */
const NAME =
  /(^|_)(class(es|names)?|class_(names?|index|list|labels?)|id2label|label2id|ground_truth|y_(true|test|val)|synsets?)(_|$)|labels?(_|$)/;

const stemOf = (path: string): string =>
  path
    .slice(path.lastIndexOf('/') + 1)
    .replace(EXTENSION, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_');

/**
 * Whether a file of this name is one of labels, or of names of classes, rather than of samples: a table, text or JSON whose name has a
 * word such as "labels", "classes", "class_names", "ground_truth" or "id2label".
 */
export const isLabelFile = (path: string): boolean =>
  EXTENSION.test(path) && NAME.test(stemOf(path));
