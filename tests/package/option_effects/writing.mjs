// The options of writeTo(), which the command lines do not have.
import { expect } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import { openModel } from 'quantab';
import { keep } from '../keep.mjs';
import { inTemporaryFolder } from '../lib.mjs';
import { readModel } from './model_text.mjs';
import { product } from './models.mjs';

/** Writes the model `product` as m.onnx; `check` is given the files there, and the graph in it. */
const written = (says, options, check) => ({
  says,
  shows: () =>
    inTemporaryFolder(async (folder) => {
      const model = await keep(openModel(product.model));
      const file = path.join(folder, 'm.onnx');
      const sizes = await model.writeTo(file, options);
      check(fs.readdirSync(folder).sort(), readModel(fs.readFileSync(file)), sizes);
    }),
});

export const writing = {
  useExternalDataFormat: written(
    'a weight below 1024 bytes stays inside',
    { useExternalDataFormat: true },
    (_, graph) => expect(graph.weights.w.external).toBe(false),
  ),
  sizeThreshold: [
    written(
      'a weight of so many bytes goes to the second file',
      { useExternalDataFormat: true, sizeThreshold: 32 },
      (files, graph, sizes) => {
        expect(files).toEqual(['m.onnx', 'm.onnx.data']);
        expect(graph.weights.w.external).toBe(true);
        expect(sizes.external).toBe(32);
      },
    ),
    written(
      'one of fewer stays inside',
      { useExternalDataFormat: true, sizeThreshold: 33 },
      (_, graph) => expect(graph.weights.w.external).toBe(false),
    ),
  ],
  location: written(
    'the second file has this name',
    { useExternalDataFormat: true, sizeThreshold: 0, location: 'weights.bin' },
    (files) => expect(files).toEqual(['m.onnx', 'weights.bin']),
  ),
};
