// The models, what kind each is, and its samples.
import fs from 'node:fs';
import path from 'node:path';

/** Models that do not compute in float32 from beginning to end; those of quantized/ that are not named are 'quantized'. */
const KINDS = {
  'cnn/mobilenetv2_qdq.onnx': 'quantized',
  'cnn/squeezenet1.1_fp16_opset7.onnx': 'float16',
  'quantized/ort_yolox_nano_fp16.onnx': 'float16',
  'structure/conv_qdq_external_ini.onnx': 'quantized',
  'structure/fp16model_loop.onnx': 'float16',
  'structure/gh_issue_18338_functions.onnx': 'float16',
};

/** Models whose output is one row of scores. */
const CLASSIFIERS = [
  'cnn/cifar_imageclassifier_opset10.onnx',
  'cnn/mnist-8.onnx',
  'cnn/mobilenetv2_qdq.onnx',
  'cnn/squeezenet1.1_fp16_opset7.onnx',
  'cnn/squeezenet1.1_fp32_opset13.onnx',
  'ocr/ch_ppocr_mobile_v2_cls.onnx',
  'quantized/ort_squeezenet_qdq_s8s8_pc.onnx',
  'quantized/ort_squeezenet_qoperator_u8u8.onnx',
  'text/magika_standard_v3_3.onnx',
];

/** Float32 models that may be further away than the others, as a share of the output's largest magnitude. */
const LOOSE = {
  // onnxruntime adds the 640,000 values of an InstanceNormalization one by one in float32. With these sums in double its own result
  // is 3.3e-4 away from what it is (ours: 1.2e-4).
  'style/candy_opset7.onnx': 5e-4,
};

function kindOf(model) {
  if (model in KINDS) return KINDS[model];
  return model.startsWith('quantized/') ? 'quantized' : 'float32';
}

/** Every model of the folder `data`: { name, file, kind, tolerance, classifier, samples: the folder, sampleFiles }. */
export function catalog(data, samples) {
  const names = fs
    .readdirSync(data, { recursive: true })
    .map((name) => name.split(path.sep).join('/'))
    .filter((name) => name.endsWith('.onnx'))
    .sort();
  return names.map((name) => {
    const folder = path.join(samples, name.replace(/\.onnx$/, '').replaceAll('/', '__'));
    const files = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
    return {
      name,
      file: path.join(data, name),
      kind: kindOf(name),
      tolerance: LOOSE[name],
      classifier: CLASSIFIERS.includes(name),
      samples: folder,
      sampleFiles: files.map((file) => path.join(folder, file)),
    };
  });
}
