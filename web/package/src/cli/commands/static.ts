// quantab static MODEL -o OUT --calibration-data DIR: quantize_static.
import fs from 'node:fs';

import type { Command } from '../command.js';
import {
  conversionOptions,
  conversionText,
  convertFile,
  missing,
  type ConversionResult,
} from '../conversion.js';
import { samplesIn } from '../sample_folder.js';
import { readText, writeText } from '../text_file.js';

export const command: Command<ConversionResult> = {
  run: async (invocation) => {
    const options = conversionOptions(invocation, 'quantize_static');
    const data = invocation.value('calibration_data');
    const cache = invocation.value('calibration_cache_path');
    const cached = cache !== undefined && fs.existsSync(cache);
    if (!cached && data === undefined) throw missing('--calibration-data', 'static');
    const ranges = cached ? readText(cache) : undefined;
    return convertFile(invocation, async (model) => {
      if (ranges !== undefined) return model.quantizeStatic({ ...options, ranges });
      const calibrationData = samplesIn(data!, model.info.inputs);
      if (cache === undefined) return model.quantizeStatic({ ...options, calibrationData });
      const result = await model.quantizeStatic({ ...options, calibrationData });
      const { text, calibrationCache } = result.ranges!;
      writeText(cache, cache.endsWith('.json') ? calibrationCache : text);
      return result;
    });
  },
  text: conversionText,
};
