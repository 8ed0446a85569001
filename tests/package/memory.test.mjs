// A model far larger than the memory that quantizing it may take.
import { describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import ort from 'onnxruntime-node';
import { inTemporaryFolder, runModule } from './lib.mjs';
import { writeChain } from './proto.mjs';

const SIZE = 2048;
const COUNT = 36;
const TENSOR = SIZE * SIZE * 4;
const ROOM = 64 * 2 ** 20;

/** Cheap, different for each tensor, both signs, never all zero. */
function fill(index, floats) {
  for (let i = 0; i < floats.length; ++i) floats[i] = (((i * 31 + index * 7) % 255) - 127) / 4096;
}

describe('a model of 600 MB', () => {
  test('dynamic quantization takes less than its skeleton, twice its largest tensor and 64 MiB', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = path.join(folder, 'float.onnx');
      const out = path.join(folder, 'int8.onnx');
      writeChain(file, COUNT, SIZE, fill);
      const bytes = fs.statSync(file).size;
      expect(bytes).toBeGreaterThan(600e6);
      const skeleton = bytes - COUNT * TENSOR;
      const { peak, info, rss } = await runModule(`
        import fs from 'node:fs';
        import { openModel } from 'quantab/direct';
        const model = await openModel(${JSON.stringify(file)}, { flavor: 'simd' });
        const quantized = await model.quantizeDynamic({ weightType: 'QInt8' });
        await quantized.writeTo(${JSON.stringify(out)});
        // The most that this program has held; resourceUsage() counts what started it as well.
        const [, kilobytes] = /VmHWM:\\s+(\\d+) kB/.exec(fs.readFileSync('/proc/self/status', 'utf8'));
        console.log(JSON.stringify({
          peak: (await quantized.memory()).peakBytes,
          info: { bytes: quantized.byteLength, operators: quantized.info.operators.map(({ opType }) => opType) },
          rss: Number(kilobytes) * 1024,
        }));
      `);
      expect(peak).toBeLessThan(skeleton + 2 * TENSOR + ROOM);
      // Outside the module too, nothing holds the model.
      expect(rss).toBeLessThan(bytes / 2);
      expect(info.operators).toContain('MatMulInteger');
      expect(fs.statSync(out).size).toBe(info.bytes);
      expect(info.bytes).toBeLessThan(bytes / 3.9);

      const session = await ort.InferenceSession.create(out, { logSeverityLevel: 3 });
      const x = new ort.Tensor('float32', new Float32Array(SIZE).fill(0.01), [1, SIZE]);
      const { y } = await session.run({ x });
      expect(y.data.every(Number.isFinite) && y.data.some((value) => value !== 0)).toBe(true);
    });
  }, 300_000);
});
