// quantab inspect MODEL: what a model is.
import { openModel, type ModelInfo, type ValueInfo } from '../../index.node.js';
import type { Command } from '../command.js';
import { humanBytes, table } from '../console.js';

const shapeText = ({ shape, hasShape }: ValueInfo): string =>
  hasShape ? `[${shape.join(',')}]` : '?';

export const command: Command<ModelInfo> = {
  async run({ positionals, call, start }) {
    using model = await openModel(positionals[0]!, start);
    for (const warning of model.info.warnings) call.onLog('warning', warning);
    return model.info;
  },

  text(info, { positionals, flag }) {
    const opsets = Object.entries(info.opsets).map(([domain, version]) => ` ${domain} ${version}`);
    const value = (kind: string) => (each: ValueInfo) => [
      kind,
      each.name,
      each.dtype,
      shapeText(each),
    ];
    const head = [
      `model       ${positionals[0]}`,
      `size        ${humanBytes(info.fileBytes)}, ${info.parameters} parameters${info.externalData ? ', external data' : ''}`,
      `producer    ${info.producerName} ${info.producerVersion}`,
      `opset      ${opsets.join('')} (IR ${info.irVersion})`,
    ];
    const values = [
      ['', 'name', 'type', 'shape'],
      ...info.inputs.map(value('input')),
      ...info.outputs.map(value('output')),
    ];
    const operators = info.operators.map(({ domain, opType, count, parameters, bytes }) => [
      domain === 'ai.onnx' ? opType : `${domain}:${opType}`,
      String(count),
      String(parameters),
      humanBytes(bytes),
    ]);
    const nodes = info.nodes.map(
      ({ index, opType, name, inputs, outputs }) =>
        `#${index} ${opType} '${name}': ${inputs.join(', ')} -> ${outputs.join(', ')}\n`,
    );
    const unsupported = info.unsupported.map(
      ({ node, domain, opType, opset }) =>
        `cannot run here: node '${node}' (${domain}:${opType}, opset ${opset})\n`,
    );
    return [
      `${head.join('\n')}\n\n`,
      `${table(values)}\n`,
      table([['operator', 'count', 'parameters', 'bytes'], ...operators]),
      flag('nodes') ? `\n${nodes.join('')}` : '',
      ...unsupported,
    ].join('');
  },
};
