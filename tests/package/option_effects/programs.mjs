// Both command lines, in folders of their own.
import fs from 'node:fs';
import path from 'node:path';
import { writeNpy } from 'quantab/samples';
import { cliScript, inTemporaryFolder, root, run } from '../lib.mjs';
import { readModel } from './model_text.mjs';

export const done = { status: 0 };

const PROGRAMS = [[process.execPath, cliScript], [path.join(root, 'build', 'release', 'quantab')]];

/**
 * A case that runs both programs in a folder of its own, with files m.onnx and samples/. `body` is given the program, which
 * runs 'quantab ARGS' to its end, whether it is the native one, functions that read files there, and the command's name.
 */
export const shown = (says, { model, samples = [] }, body) => ({
  says,
  async shows(command) {
    for (const [file, ...first] of PROGRAMS) {
      await inTemporaryFolder(async (folder) => {
        const at = (name) => path.join(folder, name);
        fs.writeFileSync(at('m.onnx'), model);
        fs.mkdirSync(at('samples'));
        samples.forEach(({ x }, i) => fs.writeFileSync(at(`samples/${i}.npy`), writeNpy(x)));
        const quantab = (...args) => run(file, [...first, ...args], { cwd: folder });
        const read = (name) => readModel(fs.readFileSync(at(name)));
        await body({ quantab, isNative: first.length === 0, at, read, command });
      });
    }
  },
});
