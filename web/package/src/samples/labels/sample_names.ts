// Samples by what a file of labels calls them: with more folders than here, fewer or none, with an extension or without.

const FOLDER = /^[^/]*\//;

/** Without "./" before it, and with '/' between folders. */
const plain = (name: string): string =>
  name
    .trim()
    .replace(/\\/g, '/')
    .replace(/^(\.?\/)+/, '');

/** Names such as "v1.5" have no extension. */
const withoutExtension = (name: string): string => name.replace(/\.[a-z][a-z0-9]{1,4}$/i, '');

/** A name, and what is left of it without its first folder, without two of them, and so on. */
function* endingsOf(name: string): Generator<string> {
  let rest = name;
  yield rest;
  while (FOLDER.test(rest)) {
    rest = rest.replace(FOLDER, '');
    yield rest;
  }
}

type Index = Map<string, number[]>;

function add(index: Index, key: string, sample: number): void {
  const found = index.get(key);
  if (found === undefined) index.set(key, [sample]);
  else if (found.at(-1) !== sample) found.push(sample);
}

export class SampleNames {
  readonly #whole: Index = new Map();
  readonly #bare: Index = new Map();

  constructor(readonly names: readonly string[]) {
    names.forEach((name, i) => {
      for (const ending of endingsOf(plain(name))) {
        add(this.#whole, ending, i);
        add(this.#bare, withoutExtension(ending), i);
      }
    });
  }

  /** The samples that are called so: one, none, or several that the name does not tell apart. */
  find(name: string): readonly number[] {
    for (const ending of endingsOf(plain(name))) {
      const found = this.#whole.get(ending) ?? this.#bare.get(withoutExtension(ending));
      if (found !== undefined) return found;
    }
    return [];
  }
}
