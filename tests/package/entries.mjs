// Both ways to the same calls, for describe.each: what opens a model through a worker, and on the calling thread.
import { openModel } from 'quantab';
import * as direct from 'quantab/direct';

export const openers = [
  ['in a worker', openModel],
  ['directly', direct.openModel],
];
