// What a model is, in words: for the page and for the report.
import type { ModelInfo } from 'quantab';
import type { TextTable } from './figure_tables';
import { bytes, count, shape } from './format';

/** "425 kB · 106,000 parameters · …". */
export function factsOf(info: ModelInfo): string {
  const opsets = Object.entries(info.opsets).map(([domain, version]) => `${domain} ${version}`);
  const producer = [info.producerName, info.producerVersion].filter(Boolean).join(' ') || 'unknown';
  return [
    `${bytes(info.fileBytes)}${info.externalData ? ' with external data' : ''}`,
    `${count(info.parameters)} parameters`,
    `opset ${opsets.join(', ')}`,
    `made by ${producer}`,
  ].join(' · ');
}

export function valuesOf(info: ModelInfo): TextTable {
  const row = (kind: string) => (value: ModelInfo['inputs'][number]) => [
    value.name,
    kind,
    value.dtype,
    shape(value.shape, value.hasShape),
  ];
  return {
    caption: 'Inputs and outputs',
    columns: [{ head: 'Name' }, { head: 'Kind' }, { head: 'Type' }, { head: 'Shape' }],
    rows: [...info.inputs.map(row('input')), ...info.outputs.map(row('output'))],
  };
}
