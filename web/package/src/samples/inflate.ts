// What zip files need of compression.

const CRC_TABLE = /* @__PURE__ */ Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; ++bit) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** The checksum of zip, gzip and PNG. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; ++i) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ bytes[i]!) & 255]!;
  return (crc ^ 0xffffffff) >>> 0;
}

/** A TypeError by the standard; Node's carries zlib's code, and is no TypeError before version 22. */
function isDataError(error: unknown): boolean {
  const { name = '', code = '' } = error as { name?: string; code?: string };
  return name === 'TypeError' || code.startsWith('Z_');
}

/**
 * Inflates no further than `size` bytes, so that a small file cannot fill the memory. Gives undefined for data that is
 * damaged or does not make exactly `size` bytes.
 */
export async function inflate(deflated: Uint8Array, size: number): Promise<Uint8Array | undefined> {
  const reader = new Blob([deflated as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream('deflate-raw'))
    .getReader();
  const out = new Uint8Array(size);
  let done = 0;
  try {
    for (;;) {
      const { value, done: ended } = await reader.read();
      if (ended) return done === size ? out : undefined;
      if (done + value.length > size) return undefined;
      out.set(value, done);
      done += value.length;
    }
  } catch (error) {
    if (isDataError(error)) return undefined;
    throw error;
  } finally {
    void reader.cancel().catch(() => {});
  }
}
