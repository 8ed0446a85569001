// quantab static MODEL -o OUT --calibration-data DIR: quantize_static.
import type { Command } from '../command.js';
import { quantizeFile, quantizeText, type QuantizeResult } from '../quantize.js';
import { samplesIn } from '../sample_folder.js';

export const command: Command<QuantizeResult> = {
  run: (invocation) =>
    quantizeFile(invocation, (model) =>
      model.quantizeStatic({
        ...invocation.quantizerOptions,
        ...invocation.call,
        calibrationData: samplesIn(invocation.value('calibration_data')!, model.info.inputs),
      }),
    ),
  text: quantizeText,
};
