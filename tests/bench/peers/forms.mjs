// The models that are compared, and the forms that each is quantized to.
import fs from 'node:fs';
import path from 'node:path';
import { openModel } from 'quantab/direct';
import { root } from '../../../scripts/lib/paths.mjs';
import { encoder } from '../models/encoder.mjs';
import { mobileNetV2 } from '../models/mobilenet_v2.mjs';
import { resNet50 } from '../models/resnet50.mjs';

/** As both tools advise before static quantization; weights that some exporters list among the inputs become constants first. */
const preProcess = { optionalPasses: ['remove_initializers_from_inputs'] };
const STATIC = { activationType: 'QUInt8', weightType: 'QInt8', perChannel: true, preProcess };

/** What convolutional networks and transformers are quantized to, by ONNX Runtime's advice on both. */
const FORMS = {
  cnn: {
    dynamic: (model) => model.quantizeDynamic({ weightType: 'QUInt8', preProcess }),
    QDQ: (model, calibrationData) => model.quantizeStatic({ ...STATIC, calibrationData }),
    QOperator: (model, calibrationData) =>
      model.quantizeStatic({ ...STATIC, quantFormat: 'QOperator', calibrationData }),
  },
  transformer: {
    dynamic: (model) => model.quantizeDynamic({ weightType: 'QInt8', preProcess }),
    QDQ: (model, calibrationData) => model.quantizeStatic({ ...STATIC, calibrationData }),
  },
};

const BUILT = [
  { name: 'MobileNetV2', kind: 'cnn', make: mobileNetV2 },
  { name: 'ResNet-50', kind: 'cnn', make: resNet50 },
  { name: 'encoder 6x384', kind: 'transformer', make: encoder },
];

/** Those of ../shared/data that take one float input. */
const REAL = [
  'cnn/squeezenet1.1_fp32_opset13',
  'detect/ultraface_version-RFB-320',
  'detect/yolox_nano',
];

function sources() {
  const digits = path.join(root, 'examples', 'digits', 'digits.onnx');
  const data = path.join(root, '..', 'shared', 'data');
  const real = REAL.map((name) => path.join(data, `${name}.onnx`)).filter(fs.existsSync);
  return [
    ...BUILT,
    ...[digits, ...real].map((file) => ({
      name: path.basename(file, '.onnx'),
      kind: 'cnn',
      make: () => ({ bytes: fs.readFileSync(file) }),
    })),
  ];
}

/** [{ name, form, file, original, multiplyAdds }], written to `folder`, `original` being the float32 file; only names that hold one of `parts`, if there are any. */
export async function makeForms(folder, parts) {
  const made = [];
  for (const { name, kind, make } of sources()) {
    if (parts.length > 0 && !parts.some((part) => name.includes(part))) continue;
    const { bytes, multiplyAdds } = make();
    const fileOf = (form) => path.join(folder, `${name.replaceAll(' ', '_')}.${form}.onnx`);
    const original = fileOf('float32');
    const add = async (form, write) => {
      await write(fileOf(form));
      made.push({ name, form, file: fileOf(form), original, multiplyAdds });
    };
    await add('float32', (file) => fs.writeFileSync(file, bytes));
    const model = await openModel(new Uint8Array(bytes));
    // Made-up samples are enough for timing.
    const samples = [1, 2].map((seed) => model.randomSample(seed));
    const calibrationData = await Promise.all(samples);
    for (const [form, quantize] of Object.entries(FORMS[kind])) {
      const quantized = await quantize(model, calibrationData);
      await add(form, (file) => quantized.writeTo(file));
      quantized.close();
    }
    model.close();
  }
  return made;
}
