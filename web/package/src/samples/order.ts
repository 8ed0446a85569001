const compare = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

const tokensOf = (name: string): string[] => name.match(/\d+|\D/gu) ?? [];

const isNumber = (token: string): boolean => /^\d/.test(token);

function compareTokens(a: string, b: string): number {
  if (!isNumber(a) || !isNumber(b)) return compare(a.codePointAt(0)!, b.codePointAt(0)!);
  const [x, y] = [a, b].map((digits) => digits.replace(/^0+/, '')) as [string, string];
  return x.length - y.length || compare(x, y);
}

/**
 * The order of samples, the same on every machine: by the bytes of UTF-8, but runs of digits by their value, so that 's9'
 * comes before 's10'. Names that differ in leading zeros only are ordered by their bytes after all.
 */
export function naturalOrder(a: string, b: string): number {
  const [x, y] = [tokensOf(a), tokensOf(b)];
  for (let i = 0; i < x.length && i < y.length; ++i) {
    const order = compareTokens(x[i]!, y[i]!);
    if (order !== 0) return order;
  }
  return x.length - y.length || compare(a, b);
}
