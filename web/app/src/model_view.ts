// What the opened model is.
import type { Model, ModelInfo, ValueKind } from 'quantab';
import { el, table } from './dom';
import { textTable } from './figure_tables';
import { bytes, count, operatorName, percent } from './format';
import { operatorsOf, strangersAmong, type UnsupportedOperator } from './limits';
import { factsOf, valuesOf } from './model_words';

function operators(info: ModelInfo): HTMLElement {
  const most = Math.max(1, ...info.operators.map((op) => op.bytes));
  const rows = info.operators.map((op) => [
    operatorName(op),
    count(op.count),
    bytes(op.bytes),
    percent(op.bytes / Math.max(1, info.weightBytes)),
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
      { head: 'Share', number: true },
      { head: 'Beside the most' },
    ],
    rows,
  );
}

/** So many nodes of an operator are named. */
const NAMED = 8;

function operatorLine({ opType, domain, nodes }: UnsupportedOperator): HTMLElement {
  const named = nodes.slice(0, NAMED).map((node) => `'${node}'`);
  const more = nodes.length > NAMED ? `, and ${count(nodes.length - NAMED)} more` : '';
  const noun = nodes.length === 1 ? 'node' : 'nodes';
  return el('li', {}, `${opType} of domain ${domain}: ${noun} ${named.join(', ')}${more}`);
}

function cannotRun(info: ModelInfo): HTMLElement {
  return el(
    'div',
    { class: 'notice', id: 'unsupported' },
    el('p', {}, 'This page cannot run these operators:'),
    el('ul', {}, ...operatorsOf(info.unsupported).map(operatorLine)),
    el(
      'p',
      {},
      'The model can be quantized all the same. Static quantization reaches what comes before them: they, and what depends on them, stay in float. Dynamic quantization reaches the whole model. The outputs cannot be compared and runs cannot be timed, as the model does not run here.',
    ),
  );
}

function strangers(info: ModelInfo): HTMLElement[] {
  const line = (text: string) => el('p', { class: 'notice' }, text);
  const what = (kind: ValueKind) => (kind === 'sequence' ? 'a sequence' : 'no tensor');
  return [
    ...strangersAmong(info.inputs).map(({ name, kind }) =>
      line(
        `Input '${name}' is ${what(kind)}, and this page can give tensors only: the model cannot be calibrated, compared or timed here. Dynamic quantization works all the same.`,
      ),
    ),
    ...strangersAmong(info.outputs).map(({ name, kind }) =>
      line(`Output '${name}' is ${what(kind)}: the outputs cannot be compared here.`),
    ),
  ];
}

function notices(info: ModelInfo): HTMLElement[] {
  const lines: HTMLElement[] = info.warnings.map((warning) =>
    el('p', { class: 'notice' }, warning),
  );
  if (info.quantized) {
    lines.push(
      el(
        'p',
        { class: 'notice' },
        'This model is quantized already. Begin with the float model it was made from.',
      ),
    );
  }
  if (info.unsupported.length > 0) lines.push(cannotRun(info));
  lines.push(...strangers(info));
  return lines;
}

export function showModel(section: HTMLElement, model: Model, close: () => void): void {
  const { info } = model;
  section.replaceChildren(
    el('h2', { id: 'model-title', tabindex: -1 }, info.name || info.graphName || 'Model'),
    el('p', {}, factsOf(info)),
    ...notices(info),
    textTable(valuesOf(info)),
    operators(info),
    el(
      'p',
      { class: 'actions' },
      el('button', { type: 'button', id: 'close-model', onclick: close }, 'Open another model'),
    ),
    el('p', { class: 'help', id: 'kept' }),
  );
}
