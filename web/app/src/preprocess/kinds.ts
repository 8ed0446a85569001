// The kinds of inputs, by what they take.
import type { InputKind } from 'quantab/samples';

export const KINDS: Record<InputKind, string> = {
  image: 'pictures',
  audio: 'sounds',
  text: 'texts',
  tensor: 'numbers as they are',
};
