// quantab float16 MODEL -o OUT: convert_float_to_float16, or, with --calibration-data DIR, auto_convert_mixed_precision.
import type { MixedPrecision } from '../../core/types.js';
import { flagOf } from '../arguments.js';
import { UsageError, type Command, type Invocation } from '../command.js';
import { table } from '../console.js';
import {
  conversionOptions,
  conversionText,
  convertFile,
  type ConversionResult,
} from '../conversion.js';
import { description } from '../../generated/description.js';
import { samplesIn } from '../sample_folder.js';

/** So many nodes are listed for people; --json lists all. */
const MOST_LISTED = 20;

function refuseWithoutSamples({ values }: Invocation): void {
  const command = description.commands.find(({ name }) => name === 'float16')!;
  const given = command.options.find(({ name, withSamples }) => withSamples && values.has(name));
  if (given === undefined) return;
  throw new UsageError(
    `'${flagOf(given.name)}' needs '--calibration-data': which nodes stay in float32 is found by running the model on samples.`,
  );
}

function remarkOn(found: MixedPrecision): string {
  const { nodeBlockList: nodes, overflowing, inaccurate, withinTolerance, trials } = found;
  const reasonFor = (node: string): string => {
    if (overflowing.includes(node)) return 'overflow';
    return inaccurate.includes(node) ? 'tolerance' : 'asked for';
  };
  const line = `nodes in float32: ${nodes.length}, ${withinTolerance ? '' : 'not '}within the tolerance, trials: ${trials}\n`;
  if (nodes.length === 0) return line;
  const rows = nodes.slice(0, MOST_LISTED).map((node) => [node, reasonFor(node)]);
  const others = nodes.length - rows.length;
  const more = others > 0 ? `and ${others} more; --json lists all\n` : '';
  return `${line}${table([['in float32', 'why'], ...rows])}${more}`;
}

export const command: Command<ConversionResult> = {
  run: async (invocation) => {
    const data = invocation.value('calibration_data');
    if (data === undefined) {
      refuseWithoutSamples(invocation);
      const options = conversionOptions(invocation, 'convert_float_to_float16');
      return convertFile(invocation, (model) => model.convertFloatToFloat16(options));
    }
    const options = conversionOptions(invocation, 'auto_convert_mixed_precision');
    return convertFile(invocation, async (model) => {
      const samples = await samplesIn(data, model.info.inputs, invocation);
      return model.autoConvertMixedPrecision({ ...options, samples });
    });
  },
  text: (result) =>
    conversionText(result, result.mixedPrecision && remarkOn(result.mixedPrecision)),
};
