// The figures that outputs are judged by, in plain words.
import type { Comparison, FormFigures, Metric } from 'quantab';
import { cosine, decibels, figure, percent } from '../format';

export const METRICS: Partial<Record<Metric, string>> = {
  sqnrDb: 'Signal to noise, dB',
  top1Accuracy: 'Right first choice, from 0 to 1',
  top5Accuracy: 'Right among the first five choices, from 0 to 1',
  top1Agreement: 'Same first choice, from 0 to 1',
  top5Agreement: 'First choice among the first five, from 0 to 1',
  cosine: 'Cosine, 1 at best',
  klDivergence: 'Divergence of distributions, 0 at best',
  maxAbsError: 'Largest error',
  meanRelativeError: 'Mean relative error',
  mse: 'Mean squared error',
};

/** The metrics that outputs like these have. */
export const metricsOf = ({ outputs }: Comparison): [Metric, string][] =>
  (Object.entries(METRICS) as [Metric, string][]).filter(([metric]) =>
    outputs.some((output) => output[metric] !== undefined),
  );

/** "34.2 dB", "99 %". */
export function quality(
  metric: Metric,
  { value, maxAbsError }: Pick<FormFigures, 'value' | 'maxAbsError'>,
): string {
  switch (metric) {
    case 'sqnrDb': {
      const text = decibels(value, maxAbsError);
      return value === null && text !== '∞' ? text : `${text} dB`;
    }
    case 'top1Accuracy':
    case 'top5Accuracy':
    case 'top1Agreement':
    case 'top5Agreement':
      return percent(value);
    case 'cosine':
      return cosine(value);
    default:
      return figure(value);
  }
}

/** What a model comes to, as it follows "it is": "34.2 dB", "right on 97 % of the samples". */
export function achieved(
  metric: Metric,
  figures: Pick<FormFigures, 'value' | 'maxAbsError'>,
): string {
  const text = quality(metric, figures);
  return metric === 'top1Accuracy' ? `right on ${text} of the samples` : text;
}
