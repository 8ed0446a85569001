// Makes the 8-bit, 4-bit and half-precision forms of a model for Transformers.js, under the names by which it finds them.
//
//   node quantize.js FOLDER
import path from 'node:path';
import { openModel } from 'quantab';

const folder = process.argv[2];
if (!folder) {
  console.error('usage: node quantize.js FOLDER');
  process.exit(2);
}

const file = (name) => path.join(folder, 'onnx', `${name}.onnx`);
const model = await openModel(file('model'));

/** By file, and so by the option `dtype` of Transformers.js. */
const forms = {
  model_quantized: () => model.quantizeDynamic({ weightType: 'QUInt8' }), // dtype: 'q8'
  model_q4: () => model.quantizeMatMulNBits({ blockSize: 32, isSymmetric: true }), // dtype: 'q4'
  model_fp16: () => model.convertFloatToFloat16({ keepIoTypes: true }), // dtype: 'fp16'
};
for (const [name, make] of Object.entries(forms)) {
  const form = await make();
  const { model: size } = await form.writeTo(file(name));
  console.log(`${name}.onnx: ${model.byteLength} bytes became ${size}.`);
  form.close();
}
model.close();
