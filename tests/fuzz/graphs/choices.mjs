// Random decisions that are recorded, so that a graph can be made again from fewer or smaller ones. The smaller a number, the
// simpler what is made of it: generators name the simplest alternative first.

/** Numbers in [0, 1) from a seed (mulberry32). */
export function numbersFrom(seed) {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class Choices {
  /** What was drawn, in order. */
  drawn = [];
  #next;

  /** New ones from a seed, or those of `given`, followed by zeros. */
  constructor({ seed, given }) {
    const random = given ? undefined : numbersFrom(seed);
    this.#next = (count) =>
      given
        ? Math.min(given[this.drawn.length] ?? 0, count - 1)
        : Math.min(count - 1, Math.floor(random() * count));
  }

  /** A whole number from 0 to count - 1. */
  below(count) {
    if (count <= 1) return 0;
    const value = this.#next(count);
    this.drawn.push(value);
    return value;
  }

  int(low, high) {
    return low + this.below(high - low + 1);
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  /** One of `[weight, value]`. */
  weighted(list) {
    let rest = this.below(list.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, value] of list) {
      if (rest < weight) return value;
      rest -= weight;
    }
    throw new Error('no alternatives');
  }

  /** True in so many of a hundred cases. */
  chance(percent) {
    return this.below(100) >= 100 - percent;
  }

  /** The same elements in some order. */
  shuffled(list) {
    const order = [...list];
    for (let i = 0; i + 1 < order.length; i++) {
      const other = i + this.below(order.length - i);
      [order[i], order[other]] = [order[other], order[i]];
    }
    return order;
  }

  /** Some of the elements, in their order: at least `least`. */
  subset(list, least = 0) {
    const taken = list.filter(() => this.chance(50));
    return taken.length >= least ? taken : list.slice(0, least);
  }
}
