// Pictures as PNG files.
import zlib from 'node:zlib';

function chunk(type, body) {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const whole = Buffer.alloc(typed.length + 8);
  whole.writeUInt32BE(body.length, 0);
  typed.copy(whole, 4);
  whole.writeUInt32BE(zlib.crc32(typed), typed.length + 4);
  return whole;
}

/** PNG's colour types, by how many channels a pixel has: grey; red, green and blue. */
const COLOUR_TYPES = { 1: 0, 3: 2 };

/** `pixels` are the bytes of one channel, or of three, from row to row. No filters: flat colours and text become small so. */
export function pngOf(width, height, pixels) {
  const channels = pixels.length / (width * height);
  const length = width * channels;
  const rows = Buffer.alloc(height * (1 + length));
  for (let y = 0; y < height; ++y) {
    rows.set(pixels.subarray(y * length, (y + 1) * length), y * (1 + length) + 1);
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  // 8 bits of each channel.
  head.set([8, COLOUR_TYPES[channels], 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', zlib.deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
