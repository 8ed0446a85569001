// Bytes, read bit by bit from the most significant on, as FLAC has them.
import type { QuantabError } from '../../core/error.js';

/** CRC-16 with the polynomial x^16 + x^15 + x^2 + 1, by byte. */
const CRC16 = /* @__PURE__ */ Uint16Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 8;
  for (let bit = 0; bit < 8; ++bit) sum = (sum << 1) ^ (sum & 0x8000 ? 0x8005 : 0);
  return sum;
});

/** What lies beyond the end is the error that `end` makes. */
export class BitReader {
  readonly #bytes: Uint8Array;
  readonly #end: () => QuantabError;
  #byte = 0;
  /** Bits of the present byte that are read already. */
  #bit = 0;

  constructor(bytes: Uint8Array, end: () => QuantabError) {
    this.#bytes = bytes;
    this.#end = end;
  }

  /** Whole bytes before the next bit. */
  get byte(): number {
    return this.#byte;
  }

  get done(): boolean {
    return this.#byte >= this.#bytes.length;
  }

  /** An unsigned number of up to 53 bits. */
  bits(count: number): number {
    let value = 0;
    for (let left = count; left > 0;) {
      if (this.done) throw this.#end();
      const taken = Math.min(left, 8 - this.#bit);
      const part = (this.#bytes[this.#byte]! >> (8 - this.#bit - taken)) & ((1 << taken) - 1);
      value = value * (1 << taken) + part;
      left -= taken;
      this.#advance(taken);
    }
    return value;
  }

  /** A number in two's complement. */
  signed(count: number): number {
    const value = this.bits(count);
    return count > 0 && value >= 2 ** (count - 1) ? value - 2 ** count : value;
  }

  /** How many zeros there are before the next one, which is taken too. */
  unary(): number {
    let count = 0;
    for (;;) {
      if (this.done) throw this.#end();
      const rest = (this.#bytes[this.#byte]! << this.#bit) & 0xff;
      const zeros = rest === 0 ? 8 - this.#bit : Math.clz32(rest) - 24;
      count += zeros;
      if (rest !== 0) {
        this.#advance(zeros + 1);
        return count;
      }
      this.#advance(zeros);
    }
  }

  /** A number in Rice's code: 0, -1, 1, -2 and so on are the numbers from 0 on. */
  rice(parameter: number): number {
    const folded = this.unary() * 2 ** parameter + this.bits(parameter);
    return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
  }

  /** Passes over a number that is coded as UTF-8 codes a character. */
  skipCodedNumber(): void {
    const first = this.bits(8);
    const length = Math.clz32(~(first << 24));
    if (length === 1 || length > 7) throw this.#end();
    this.skip(Math.max(0, length - 1));
  }

  /** Goes on by so many whole bytes. */
  skip(count: number): void {
    if (count > this.#bytes.length - this.#byte) throw this.#end();
    this.#byte += count;
  }

  /** Goes to the beginning of a byte. */
  align(): void {
    if (this.#bit > 0) this.#advance(8 - this.#bit);
  }

  /** CRC-16 of the bytes from `start` up to here. */
  checksum(start: number): number {
    let sum = 0;
    for (let i = start; i < this.#byte; ++i) {
      sum = ((sum << 8) & 0xffff) ^ CRC16[(sum >> 8) ^ this.#bytes[i]!]!;
    }
    return sum;
  }

  #advance(bits: number): void {
    this.#bit += bits;
    if (this.#bit < 8) return;
    this.#bit = 0;
    this.#byte++;
  }
}
