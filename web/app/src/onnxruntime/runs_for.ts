// How often models are run to be timed beside onnxruntime-web.
import type { Run } from '../runs';

/** Milliseconds for all runs, about; runs there are taken for so many times as long as here. */
const BUDGET = 10_000;
const SLOWNESS = 3;
const MOST_RUNS = 50;
const FEWEST_RUNS = 3;

export function besideRuns({ judgement }: Run): number {
  const { float, quantized } = judgement?.latency ?? {};
  const round = (1 + SLOWNESS) * ((float?.median ?? 0) + (quantized?.median ?? 0));
  return Math.max(FEWEST_RUNS, Math.min(MOST_RUNS, Math.floor(BUDGET / round)));
}
