// quantab static MODEL -o OUT --calibration-data DIR: quantize_static.
import fs from 'node:fs';

import type { MeasuredRanges } from '../../index.node.js';
import type { Command } from '../command.js';
import {
  conversionOptions,
  conversionText,
  convertFile,
  missing,
  type ConversionResult,
} from '../conversion.js';
import { inFolder, makeFolder } from '../paths.js';
import { samplesIn } from '../sample_folder.js';
import { readText, writeText } from '../text_file.js';

function writeTables(folder: string | undefined, { calibrationTables }: MeasuredRanges): void {
  if (folder === undefined) return;
  const { json, flatbuffers, cache } = calibrationTables;
  makeFolder(folder);
  writeText(inFolder(folder, 'calibration.json'), json);
  writeText(inFolder(folder, 'calibration.flatbuffers'), Buffer.from(flatbuffers, 'base64'));
  writeText(inFolder(folder, 'calibration.cache'), cache);
}

export const command: Command<ConversionResult> = {
  run: async (invocation) => {
    const options = conversionOptions(invocation, 'quantize_static');
    const data = invocation.value('calibration_data');
    const cache = invocation.value('calibration_cache_path');
    const cached = cache !== undefined && fs.existsSync(cache);
    if (!cached && data === undefined) throw missing('--calibration-data', 'static');
    const ranges = cached ? readText(cache) : undefined;
    return convertFile(invocation, async (model) => {
      const source =
        ranges === undefined
          ? { calibrationData: await samplesIn(data!, model.info.inputs, invocation) }
          : { ranges };
      const result = await model.quantizeStatic({ ...options, ...source });
      const { text, calibrationCache } = result.ranges!;
      if (cache !== undefined && !cached) {
        writeText(cache, cache.endsWith('.json') ? calibrationCache : text);
      }
      writeTables(invocation.value('calibration_table'), result.ranges!);
      return result;
    });
  },
  text: (result) => conversionText(result),
};
