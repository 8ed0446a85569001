// Samples by what a file of labels calls them: with more folders than here, fewer or none, with an extension or without.

const FOLDER = /^[^/]*\//;

/** Without "./" and "../" before it, and with '/' between folders. */
const plain = (name: string): string =>
  name
    .trim()
    .replace(/\\/g, '/')
    .replace(/^(\.{0,2}\/)+/, '');

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

/** What a name is found to mean. */
interface FoundSamples {
  /** One, none, or several that the name does not tell apart. */
  samples: readonly number[];
  /** The larger, the more of the name is that of the samples. */
  rank: number;
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

  /** The samples that are called so. One that lies in another folder than the name says is not. */
  find(name: string): FoundSamples {
    const whole = plain(name);
    for (const ending of endingsOf(whole)) {
      const hasFolder = ending.includes('/');
      const ways = [
        this.#whole.get(ending),
        this.#bare.get(ending),
        this.#bare.get(withoutExtension(ending)),
      ];
      for (const [i, found = []] of ways.entries()) {
        // Without its folder the name is that of samples whose folders are not known.
        const samples = found.filter(
          (sample) => ending === whole || hasFolder || !plain(this.names[sample]!).includes('/'),
        );
        const rank = ways.length * ending.split('/').length - i;
        if (samples.length > 0) return { samples, rank };
      }
    }
    return { samples: [], rank: -1 };
  }
}
