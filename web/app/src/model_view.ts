// What the opened model is.
import type { Model, ModelInfo } from 'quantab';
import { el, table } from './dom';
import { bytes, count, shape } from './format';

function facts(info: ModelInfo): HTMLElement {
  const opsets = Object.entries(info.opsets).map(([domain, version]) => `${domain} ${version}`);
  const producer = [info.producerName, info.producerVersion].filter(Boolean).join(' ') || 'unknown';
  const parts = [
    `${bytes(info.fileBytes)}${info.externalData ? ' with external data' : ''}`,
    `${count(info.parameters)} parameters`,
    `opset ${opsets.join(', ')}`,
    `made by ${producer}`,
  ];
  return el('p', {}, parts.join(' · '));
}

function values(info: ModelInfo): HTMLElement {
  const row = (kind: string) => (value: ModelInfo['inputs'][number]) => [
    value.name,
    kind,
    value.dtype,
    shape(value.shape, value.hasShape),
  ];
  return table(
    'Inputs and outputs',
    [{ head: 'Name' }, { head: 'Kind' }, { head: 'Type' }, { head: 'Shape' }],
    [...info.inputs.map(row('input')), ...info.outputs.map(row('output'))],
  );
}

function operators(info: ModelInfo): HTMLElement {
  const most = Math.max(1, ...info.operators.map((op) => op.bytes));
  const rows = info.operators.map((op) => [
    op.domain === 'ai.onnx' ? op.opType : `${op.domain}:${op.opType}`,
    count(op.count),
    bytes(op.bytes),
    el('meter', {
      min: 0,
      max: most,
      value: op.bytes,
      'aria-label': `${op.opType}: ${bytes(op.bytes)} of weights`,
    }),
  ]);
  return table(
    'Where the bytes are',
    [
      { head: 'Operator' },
      { head: 'Nodes', number: true },
      { head: 'Weights', number: true },
      { head: 'Share' },
    ],
    rows,
  );
}

function notices(info: ModelInfo): HTMLElement[] {
  const lines = info.warnings.map((warning) => el('p', { class: 'notice' }, warning));
  if (info.quantized) {
    lines.push(
      el(
        'p',
        { class: 'notice' },
        'This model is quantized already. Begin with the float model it was made from.',
      ),
    );
  }
  if (info.unsupported.length > 0) {
    const names = info.unsupported.map(
      ({ node, opType, domain }) => `${node} (${domain}:${opType})`,
    );
    const shown =
      names.slice(0, 8).join(', ') + (names.length > 8 ? `, and ${names.length - 8} more` : '');
    lines.push(
      el(
        'p',
        { class: 'notice' },
        `This page cannot run these nodes: ${shown}. Dynamic quantization works all the same, but neither calibration nor a comparison does.`,
      ),
    );
  }
  return lines;
}

export function showModel(section: HTMLElement, model: Model, close: () => void): void {
  const { info } = model;
  section.replaceChildren(
    el('h2', { id: 'model-title', tabindex: -1 }, info.name || info.graphName || 'Model'),
    facts(info),
    ...notices(info),
    values(info),
    operators(info),
    el(
      'p',
      { class: 'actions' },
      el('button', { type: 'button', id: 'close-model', onclick: close }, 'Open another model'),
    ),
  );
}
