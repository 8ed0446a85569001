// What a model's classes are called, in the order of its scores.

/** Case, and what divides words, do not count. */
const plain = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ');

/** WordNet's number before a name, as ImageNet's lists and folders have it. */
const SYNSET = /^(n\d{8})[\s,]+(.+)$/i;

/** What else a class may be called: by WordNet's number, or by one of several names divided by commas. */
function aliasesOf(name: string): string[] {
  const [, synset, rest] = SYNSET.exec(name) ?? [];
  const words = rest ?? name;
  const parts = words.split(',');
  return [synset, rest, ...(parts.length > 1 ? parts : [])].filter((each) => each !== undefined);
}

/** Not a class, as several are called so. */
const SEVERAL = -1;

export class ClassList {
  readonly #byName = new Map<string, number>();

  constructor(
    /** The file that has them. */
    readonly path: string,
    readonly names: readonly string[],
  ) {
    const aliases = new Map<string, number>();
    const add = (to: Map<string, number>, name: string, index: number) => {
      const key = plain(name);
      to.set(key, (to.get(key) ?? index) === index ? index : SEVERAL);
    };
    names.forEach((name, i) => add(this.#byName, name, i));
    names.forEach((name, i) => aliasesOf(name).forEach((alias) => add(aliases, alias, i)));
    for (const [key, index] of aliases) if (!this.#byName.has(key)) this.#byName.set(key, index);
  }

  /** The index of a class by its name, by one of several names, or by WordNet's number; undefined where that is no class, or several. */
  find(name: string): number | undefined {
    const index = this.#byName.get(plain(name));
    return index === SEVERAL ? undefined : index;
  }
}
