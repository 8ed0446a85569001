// Zip files, and .npz files: .npy members in a zip.
import zlib from 'node:zlib';
import { writeNpy } from 'quantab/samples';

function record(signature, ...fields) {
  const out = Buffer.alloc(4 + fields.reduce((sum, [size]) => sum + size, 0));
  out.writeUInt32LE(signature, 0);
  let at = 4;
  for (const [size, value] of fields) at = out.writeUIntLE(value, at, size);
  return out;
}

/** A zip of contents by name, stored, or deflated. */
export function zipOf(members, { deflate = false } = {}) {
  const locals = [];
  const central = [];
  let offset = 0;
  for (const [key, content] of Object.entries(members)) {
    const name = Buffer.from(key);
    const whole = Buffer.from(content);
    const data = deflate ? zlib.deflateRawSync(whole) : whole;
    // Version, flags, method, time, date, checksum, sizes, length of the name, of what follows it.
    const common = [
      [2, 20],
      [2, 0],
      [2, deflate ? 8 : 0],
      [4, 0],
      [4, zlib.crc32(whole)],
      [4, data.length],
      [4, whole.length],
      [2, name.length],
      [2, 0],
    ];
    const head = Buffer.concat([record(0x04034b50, ...common), name]);
    const entry = record(
      0x02014b50,
      [2, 20],
      ...common,
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, offset],
    );
    locals.push(head, data);
    central.push(entry, name);
    offset += head.length + data.length;
  }
  const directory = Buffer.concat(central);
  const count = Object.keys(members).length;
  const end = record(
    0x06054b50,
    [4, 0],
    [2, count],
    [2, count],
    [4, directory.length],
    [4, offset],
    [2, 0],
  );
  return Buffer.concat([...locals, directory, end]);
}

export const npzOf = (tensors) =>
  zipOf(
    Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => [`${name}.npy`, writeNpy(tensor)]),
    ),
  );
