// Tokens with the pieces of text that they stand for.
import type { TensorMap } from 'quantab';
import { Tokenizers, type SampleFile, type TextSettings } from 'quantab/samples';
import { el } from '../dom';
import { counted } from '../format';
import { numbersOf } from './numbers';

/** So many tokens are written out. */
const FEW = 64;

/** Shows a space that begins or ends a piece. */
const visible = (piece: string): string => piece.replace(/^ | $/g, '␣');

/** The tokens of an input; undefined where it takes a mask or types. */
export async function tokensView(
  input: string,
  tensor: TensorMap[string],
  settings: TextSettings,
  files: readonly SampleFile[],
): Promise<HTMLElement | undefined> {
  const values = settings.role === 'input_ids' ? numbersOf(tensor) : undefined;
  if (values === undefined) return undefined;
  const ids = Array.from(values.slice(0, FEW));
  const pieces = await new Tokenizers(files).pieces(ids, settings);
  const rest = values.length - ids.length;
  return el(
    'div',
    {},
    el('p', {}, counted(values.length, 'token')),
    el(
      'ol',
      { class: 'tokens', 'aria-label': `The tokens that '${input}' is given` },
      ...ids.map((id, i) => el('li', {}, visible(pieces[i]!), el('small', {}, ` ${id}`))),
    ),
    rest > 0 && el('p', { class: 'help' }, `and ${rest} more`),
  );
}
