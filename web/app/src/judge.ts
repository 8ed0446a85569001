// How good a quantized model is: its outputs beside the float model's, and the time of both. What cannot be measured is said; it
// takes nothing from the model.
import {
  QuantabError,
  type CallOptions,
  type Comparison,
  type LayerReport,
  type Model,
  type UnsupportedNode,
} from 'quantab';
import { isCancelled, messageOf } from './alerts';
import { counted } from './format';
import { operatorsOf } from './limits';
import { quantizesNodes } from './option_fields';
import { firstOf, firstSample, type SampleSource } from './samples';
import { accuracyOf } from './verdict';
import { timeBoth, type Latencies } from './timing';
import type { Made } from './work';

export interface Judgement {
  comparison: Comparison | undefined;
  latency: Latencies | undefined;
  layers: LayerReport | undefined;
  /** What is missing or doubtful, and why. */
  notices: string[];
}

function cannotRun(nodes: readonly UnsupportedNode[]): string {
  const types = operatorsOf(nodes)
    .map(({ opType }) => opType)
    .join(', ');
  return `There are no error figures and no latency, as ${counted(nodes.length, 'node')} cannot run on this page (${types}). The model itself is complete.`;
}

/** Layers are looked at on the first so many samples. */
const LAYER_SAMPLES = 8;

/** Those of a source that layers are looked at on. */
export const layerSamples = (samples: SampleSource): SampleSource =>
  firstOf(samples, LAYER_SAMPLES);

function noLatency(error: unknown, model: Model, isMadeUp: boolean): string {
  if (isCancelled(error)) return 'There is no latency, as timing was cancelled.';
  const isOpen = model.info.inputs.some(({ shape }) => shape.some((dim) => !/^\d+$/.test(dim)));
  const isRefused = error instanceof QuantabError && error.code !== 'OutOfMemory';
  return isMadeUp && isOpen && isRefused
    ? `There is no latency, as the model does not run on made-up data, in which every open size is 1. Add samples to measure it. (${error.message})`
    : `The latency could not be measured: ${messageOf(error)}`;
}

/** `onLayers` hears how many samples the layers have been compared on, and of how many. */
export async function judge(
  model: Model,
  made: Pick<Made, 'job' | 'quantized'>,
  call: CallOptions,
  onLayers: (done: number, total: number) => void,
): Promise<Judgement> {
  const { job, quantized } = made;
  const judgement: Judgement = {
    comparison: undefined,
    latency: undefined,
    layers: undefined,
    notices: [],
  };
  const { notices } = judgement;
  if (job.random && job.method === 'static') {
    notices.push(
      'Ranges were measured on random data: expect a worse model than with real samples.',
    );
  }
  if (job.random && job.mixed) {
    notices.push(
      'What stays in float32 was found on random data: real inputs may need more of it, or less.',
    );
  }
  const stuck = [model, quantized].map(({ info }) => info.unsupported).find(({ length }) => length);
  if (stuck !== undefined) {
    notices.push(cannotRun(stuck));
    return judgement;
  }

  if (job.samples === undefined) {
    notices.push('Add samples to see how far the outputs are apart.');
  } else {
    try {
      call.onProgress?.({ stage: 'compare', done: 0, total: job.samples.length });
      const { labels } = job.samples;
      judgement.comparison = await model.compare(quantized, job.samples, { ...call, labels });
      if (labels !== undefined && accuracyOf(judgement.comparison) === undefined) {
        notices.push(
          'There is no accuracy, though there are labels: no output of the model is one row of scores of classes for each sample.',
        );
      }
      if (job.random) {
        notices.push('The error figures are of random data and say nothing about real inputs.');
      }
    } catch (error) {
      if (isCancelled(error)) {
        notices.push('There are no error figures and no latency, as comparing was cancelled.');
        return judgement;
      }
      notices.push(`The outputs could not be compared: ${messageOf(error)}`);
    }
  }

  // Samples that could be compared on can be run; otherwise data is made up.
  const samples = judgement.comparison && job.samples;
  try {
    const feeds = samples && (await firstSample(samples));
    judgement.latency = await timeBoth(model, quantized, feeds, call);
  } catch (error) {
    notices.push(noLatency(error, model, samples === undefined || job.random));
    if (isCancelled(error)) return judgement;
  }
  if (samples !== undefined && quantizesNodes(job.method)) {
    try {
      const few = layerSamples(samples);
      onLayers(0, few.length);
      judgement.layers = await model.layerReport(quantized, few, {
        ...call,
        onProgress: ({ stage, done, total }) => {
          if (stage === 'compare') onLayers(done, total);
        },
      });
    } catch (error) {
      notices.push(
        isCancelled(error)
          ? 'Nothing is said of single layers, as looking at them was cancelled.'
          : `The layers could not be compared: ${messageOf(error)}`,
      );
    }
  }
  return judgement;
}
