// quantab layers FLOAT QUANT --calibration-data DIR: which layers of a quantized model are how far off, and which of them are
// to blame.
import {
  openModel,
  type LayerFigures,
  type LayerReport,
  type WeightFigures,
} from '../../index.node.js';
import type { Command } from '../command.js';
import { humanBytes, humanNumber, table } from '../console.js';
import { sqnrOf } from '../figures.js';
import { samplesIn } from '../sample_folder.js';

const layerHead = ['value', 'op', 'own_sqnr_db', 'own_max_abs_error', 'sqnr_db', 'max_abs_error'];

function layerRow({ name, opType, min, max, accumulated, own }: LayerFigures): string[] {
  const { sqnrDb, maxAbsError, cosine } = accumulated;
  return [
    name,
    opType === '' ? 'input' : opType,
    own === null ? '-' : humanNumber(sqnrOf(own.sqnrDb, own.maxAbsError)),
    own === null ? '-' : humanNumber(own.maxAbsError ?? NaN),
    humanNumber(sqnrOf(sqnrDb, maxAbsError)),
    humanNumber(maxAbsError ?? NaN),
    humanNumber(cosine ?? NaN),
    min === null ? '-' : humanNumber(min),
    max === null ? '-' : humanNumber(max),
  ];
}

const weightHead = ['weight', 'type', 'scheme', 'sqnr_db', 'max_abs_error', 'saturated'];

function weightRow(weight: WeightFigures): string[] {
  const axis = weight.axis === null ? '' : ` ${weight.axis}`;
  const block = weight.blockSize > 0 ? `/${weight.blockSize}` : '';
  return [
    weight.name,
    weight.type,
    `${weight.scheme}${axis}${block}`,
    humanNumber(sqnrOf(weight.sqnrDb, weight.maxAbsError)),
    humanNumber(weight.maxAbsError ?? NaN),
    humanNumber(weight.saturated),
    humanBytes(weight.bytesBefore),
    humanBytes(weight.bytesAfter),
  ];
}

export const command: Command<LayerReport> = {
  async run(invocation) {
    const { positionals, value, call, start } = invocation;
    const [reference, other] = positionals as [string, string];
    using a = await openModel(reference, start);
    using b = await openModel(other, start);
    const samples = await samplesIn(value('calibration_data')!, a.info.inputs, invocation);
    return await a.layerReport(b, samples, call);
  },

  text({ samples, layers, weights }) {
    const values = table([[...layerHead, 'cosine', 'min', 'max'], ...layers.map(layerRow)]);
    const constants =
      weights.length === 0
        ? ''
        : `\n${table([[...weightHead, 'before', 'after'], ...weights.map(weightRow)])}`;
    return `samples  ${samples}\n${values}${constants}`;
  },
};
