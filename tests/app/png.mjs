// Grey pictures as PNG files.
import zlib from 'node:zlib';

function chunk(type, body) {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const whole = Buffer.alloc(typed.length + 8);
  whole.writeUInt32BE(body.length, 0);
  typed.copy(whole, 4);
  whole.writeUInt32BE(zlib.crc32(typed), typed.length + 4);
  return whole;
}

/** `pixels` are rows of bytes, 0 black and 255 white. */
export function greyPng(width, height, pixels) {
  const rows = Buffer.alloc(height * (1 + width));
  for (let y = 0; y < height; ++y) {
    for (let x = 0; x < width; ++x) rows[y * (1 + width) + 1 + x] = pixels[y * width + x];
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  // 8 bits of grey.
  head.set([8, 0, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', zlib.deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
