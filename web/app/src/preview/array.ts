// Numbers that no picture shows: their shape and what they are like.
import type { TensorMap } from 'quantab';
import { el } from '../dom';
import { counted, figure } from '../format';
import { numbersOf, statisticOf } from './numbers';

/** So many values are written out. */
const FEW = 8;

export function statisticText(tensor: TensorMap[string]): string {
  const { dtype, dims } = tensor;
  const shape = `${dtype} [${dims.join(', ')}]`;
  const values = numbersOf(tensor);
  if (values === undefined || values.length === 0) return shape;
  const { least, most, mean, strange } = statisticOf(values);
  const odd = strange > 0 ? `, ${counted(strange, 'value')} that is no finite number` : '';
  if (strange === values.length) return `${shape}${odd}`;
  return `${shape}, from ${figure(least)} to ${figure(most)}, mean ${figure(mean)}${odd}`;
}

export function arrayView(tensor: TensorMap[string]): HTMLElement {
  const values = numbersOf(tensor);
  const first = Array.from((values ?? []).slice(0, FEW), figure);
  const rest = (values?.length ?? 0) > FEW ? ', …' : '';
  return el(
    'div',
    {},
    el('p', {}, statisticText(tensor)),
    first.length > 0 && el('p', { class: 'help' }, `${first.join(', ')}${rest}`),
  );
}
