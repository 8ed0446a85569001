const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null);

/**
 * The same value for sending, with copies in place of arrays that are part of a larger buffer, of which sending takes all.
 * The copies' buffers, to be moved, are added to `moved`.
 */
export function compact<T>(value: T, moved: ArrayBuffer[]): T {
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    if (byteLength === buffer.byteLength) return value;
    const copy = new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength)).buffer;
    moved.push(copy);
    return arrayOver(value, copy) as T;
  }
  if (!isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, compact(member, moved)]),
  ) as T;
}

type ArrayType = new (buffer: ArrayBuffer) => ArrayBufferView;
const ARRAY_TYPES: readonly ArrayType[] = [
  ...[Float32Array, Float64Array, Int8Array, Uint8Array, Int16Array, Uint16Array],
  ...[Int32Array, Uint32Array, BigInt64Array, BigUint64Array],
];

/** An array of the same type over the whole of another buffer; a subclass, such as Node's Buffer, is sent as what it extends. */
function arrayOver(view: ArrayBufferView, buffer: ArrayBuffer): ArrayBufferView {
  const tag = Object.prototype.toString.call(view).slice('[object '.length, -1);
  return new (ARRAY_TYPES.find(({ name }) => name === tag) ?? Uint8Array)(buffer);
}
