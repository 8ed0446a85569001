// One sample as the model will see it, input by input.
import type { TensorMap } from 'quantab';
import type { InputSettings, PendingSample, SampleFile } from 'quantab/samples';
import { el } from '../dom';
import type { OneSample } from '../samples';
import { arrayView, statisticText } from './array';
import { pictureView } from './picture';
import { soundView } from './sound';
import { tokensView } from './tokens';

type Tensor = TensorMap[string];

async function viewOf(
  input: string,
  tensor: Tensor,
  settings: InputSettings | undefined,
  origin: PendingSample,
  files: readonly SampleFile[],
): Promise<HTMLElement> {
  let view: HTMLElement | undefined;
  if (settings?.kind === 'image') view = await pictureView(input, tensor, settings, origin);
  if (settings?.kind === 'audio') view = await soundView(input, tensor, settings, origin);
  if (settings?.kind === 'text') view = await tokensView(input, tensor, settings, files);
  return view === undefined
    ? arrayView(tensor)
    : el('div', {}, view, el('p', { class: 'help' }, statisticText(tensor)));
}

/** `files` are all that were given, a tokenizer among them. */
export async function sampleView(
  { origin, tensors }: OneSample,
  inputs: Record<string, InputSettings>,
  files: readonly SampleFile[],
): Promise<HTMLElement> {
  const parts: HTMLElement[] = [];
  for (const [input, tensor] of Object.entries(tensors)) {
    parts.push(
      el('h3', {}, `'${input}'`),
      await viewOf(input, tensor, inputs[input], origin, files),
    );
  }
  return el('div', {}, ...parts);
}
