// Embeds sentences with Transformers.js, by the float model and by the quantized ones, and says how close they are.
//
//   node embed.js FOLDER
import path from 'node:path';
import { env, pipeline } from '@huggingface/transformers';

const folder = process.argv[2];
if (!folder) {
  console.error('usage: node embed.js FOLDER');
  process.exit(2);
}

// Models are read from this machine only.
env.allowRemoteModels = false;
env.localModelPath = `${path.dirname(path.resolve(folder))}/`;

const SENTENCES = [
  'Nothing leaves the device.',
  'A smaller model starts sooner.',
  'Measure before you ship.',
];

async function embeddings(dtype) {
  const extract = await pipeline('feature-extraction', path.basename(folder), { dtype });
  const output = await extract(SENTENCES, { pooling: 'mean', normalize: true });
  await extract.dispose();
  return output.tolist();
}

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

const exact = await embeddings('fp32');
for (const dtype of ['q8', 'q4', 'fp16']) {
  const close = await embeddings(dtype);
  const cosines = SENTENCES.map((_, i) => dot(exact[i], close[i]));
  console.log(`${dtype}: cosine similarity ${Math.min(...cosines).toFixed(4)} at least`);
}
