// The settings of each kind of input as a form shows them. What they mean is the package's to say: quantab/samples.
import type { AudioSettings, ImageSettings, InputKind, InputSettings } from 'quantab/samples';

export interface Spec {
  /** The setting's name in a settings file. */
  key: string;
  label: string;
  help?: string;
  type: 'number' | 'numbers' | 'text' | 'texts' | 'json' | 'flag' | 'choice';
  choices?: Record<string, string>;
  /** Whether the field may be empty. */
  optional?: true;
  /** Behind "More settings". */
  more?: true;
  /** Where it counts; everywhere by default. */
  counts?: Counts;
}

type Counts = (settings: InputSettings) => boolean;

const fits = (...names: ImageSettings['fit'][]): Counts => {
  const chosen: readonly string[] = names;
  return (settings) => chosen.includes((settings as ImageSettings).fit);
};

const features = (...names: AudioSettings['features'][]): Counts => {
  const chosen: readonly string[] = names;
  return (settings) => chosen.includes((settings as AudioSettings).features);
};
const ofFeatures = features('log-mel', 'fbank');

const same = (...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, name]));

const IMAGE: Spec[] = [
  { key: 'width', label: 'Width', type: 'number' },
  { key: 'height', label: 'Height', type: 'number' },
  {
    key: 'fit',
    label: 'Fit',
    type: 'choice',
    choices: {
      stretch: 'stretch',
      cover: 'cut the edges',
      contain: 'pad the edges',
      crop: 'cut, do not resize',
    },
  },
  {
    key: 'shortestEdge',
    label: 'Shorter side first',
    type: 'number',
    optional: true,
    counts: fits('cover'),
    help: 'The picture is resized to this before its middle is cut out, often 256 for 224. Empty: no more is cut off than is needed.',
  },
  {
    key: 'channels',
    label: 'Channels',
    type: 'choice',
    choices: { ...same('RGB', 'BGR'), GRAY: 'grey' },
  },
  { key: 'scale', label: 'Scale', type: 'number', help: '1/255 brings 0…255 to 0…1; 1 leaves it.' },
  { key: 'mean', label: 'Mean', type: 'numbers' },
  {
    key: 'std',
    label: 'Standard deviation',
    type: 'numbers',
    help: 'value = (pixel × scale − mean) ÷ deviation',
  },
  { key: 'layout', label: 'Layout', type: 'choice', choices: same('NCHW', 'NHWC'), more: true },
  {
    key: 'resample',
    label: 'Filter',
    type: 'choice',
    choices: same('nearest', 'box', 'bilinear', 'bicubic', 'lanczos'),
    more: true,
  },
  {
    key: 'fill',
    label: 'Padding',
    type: 'number',
    optional: true,
    more: true,
    counts: fits('contain', 'crop'),
    help: 'From 0 (black) to 255 (white).',
  },
  {
    key: 'place',
    label: 'Place',
    type: 'choice',
    choices: { centre: 'in the middle', start: 'at the top left' },
    more: true,
    counts: fits('contain', 'crop'),
  },
];

const AUDIO: Spec[] = [
  { key: 'samplingRate', label: 'Sampling rate, Hz', type: 'number' },
  {
    key: 'features',
    label: 'The model takes',
    type: 'choice',
    choices: {
      waveform: 'the waveform',
      'log-mel': 'a log-mel spectrogram (Whisper)',
      fbank: 'filter banks (Kaldi)',
    },
  },
  {
    key: 'length',
    label: 'Length, samples',
    type: 'number',
    optional: true,
    help: 'Longer sounds are cut, shorter ones filled up with silence. Empty: as long as each is.',
  },
  {
    key: 'split',
    label: 'Each piece of that length is a sample',
    type: 'flag',
    help: 'Without this, the first piece of each sound is.',
  },
  { key: 'melBins', label: 'Mel bands', type: 'number', counts: ofFeatures },
  {
    key: 'frames',
    label: 'Frames',
    type: 'number',
    optional: true,
    counts: ofFeatures,
    help: 'Empty: as many as each sound gives.',
  },
  { key: 'normalize', label: 'Bring each to mean 0 and deviation 1', type: 'flag' },
  {
    key: 'scale',
    label: 'Scale',
    type: 'number',
    more: true,
    help: '1 leaves the waveform from −1 to 1; 32768 makes it the values of 16-bit files.',
  },
  {
    key: 'layout',
    label: 'Layout',
    type: 'choice',
    choices: { TF: 'time, frequency', FT: 'frequency, time' },
    more: true,
    counts: ofFeatures,
  },
  { key: 'fftLength', label: 'Transform, samples', type: 'number', more: true, counts: ofFeatures },
  { key: 'windowLength', label: 'Window, samples', type: 'number', more: true, counts: ofFeatures },
  { key: 'hopLength', label: 'Hop, samples', type: 'number', more: true, counts: ofFeatures },
  {
    key: 'window',
    label: 'Window function',
    type: 'choice',
    choices: same('hann', 'povey', 'hamming'),
    more: true,
    counts: ofFeatures,
  },
  { key: 'lowFrequency', label: 'Lowest, Hz', type: 'number', more: true, counts: ofFeatures },
  {
    key: 'highFrequency',
    label: 'Highest, Hz',
    type: 'number',
    more: true,
    counts: ofFeatures,
    help: '0: half the sampling rate.',
  },
  {
    key: 'melScale',
    label: 'Mel scale',
    type: 'choice',
    choices: same('slaney', 'htk'),
    more: true,
    counts: features('log-mel'),
  },
  {
    key: 'log',
    label: 'Logarithm',
    type: 'choice',
    choices: { ...same('whisper', 'ln', 'log10'), db: 'decibels' },
    more: true,
    counts: features('log-mel'),
  },
  {
    key: 'preemphasis',
    label: 'Pre-emphasis',
    type: 'number',
    more: true,
    counts: features('fbank'),
  },
  { key: 'mean', label: 'Mean', type: 'number', more: true, counts: ofFeatures },
  {
    key: 'std',
    label: 'Standard deviation',
    type: 'number',
    more: true,
    counts: ofFeatures,
    help: 'value = (feature − mean) ÷ deviation',
  },
];

const TEXT: Spec[] = [
  {
    key: 'maxLength',
    label: 'Longest, tokens',
    type: 'number',
    optional: true,
    help: 'Empty: as long as each text is.',
  },
  { key: 'truncation', label: 'Cut longer texts', type: 'flag' },
  { key: 'padding', label: 'Fill up shorter texts', type: 'flag' },
  {
    key: 'paddingSide',
    label: 'Filled up',
    type: 'choice',
    choices: { right: 'at the end', left: 'at the beginning' },
    more: true,
  },
  { key: 'padId', label: 'Filled up with token', type: 'number', more: true },
  {
    key: 'specialTokens',
    label: 'Add the tokenizer’s own tokens',
    type: 'flag',
    more: true,
    help: 'Such as [CLS] and [SEP].',
  },
  { key: 'tokenizer', label: 'Tokenizer’s file', type: 'text', more: true },
  {
    key: 'column',
    label: 'Column of the text',
    type: 'text',
    more: true,
    help: 'In tables and JSON.',
  },
  { key: 'pairColumn', label: 'Column of a second text', type: 'text', more: true },
];

const TENSOR: Spec[] = [
  {
    key: 'value',
    label: 'Always',
    type: 'json',
    optional: true,
    help: 'A number, or lists of numbers, for an input that no file is for.',
  },
  {
    key: 'columns',
    label: 'Columns',
    type: 'texts',
    optional: true,
    help: 'Of a table, separated by commas. Empty: those that are called like the input.',
  },
];

export const SPECS: Record<InputKind, Spec[]> = {
  image: IMAGE,
  audio: AUDIO,
  text: TEXT,
  tensor: TENSOR,
};

/** What an input that takes tokens takes of them. */
export const ROLE: Spec = {
  key: 'role',
  label: 'Takes',
  type: 'choice',
  choices: {
    input_ids: 'the tokens',
    attention_mask: 'the mask',
    token_type_ids: 'which text it is',
    position_ids: 'the positions',
  },
};
