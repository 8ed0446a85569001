// A .npz file: .npy members, stored in a zip.
import zlib from 'node:zlib';
import { writeNpy } from 'quantab/samples';

function record(signature, ...fields) {
  const out = Buffer.alloc(4 + fields.reduce((sum, [size]) => sum + size, 0));
  out.writeUInt32LE(signature, 0);
  let at = 4;
  for (const [size, value] of fields) at = out.writeUIntLE(value, at, size);
  return out;
}

export function npzOf(tensors) {
  const locals = [];
  const central = [];
  let offset = 0;
  for (const [key, tensor] of Object.entries(tensors)) {
    const name = Buffer.from(`${key}.npy`);
    const data = Buffer.from(writeNpy(tensor));
    // Version, flags, method, time, date, checksum, sizes, length of the name, of what follows it.
    const common = [
      [2, 20],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, zlib.crc32(data)],
      [4, data.length],
      [4, data.length],
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
  const count = Object.keys(tensors).length;
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
