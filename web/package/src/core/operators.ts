import { throwIfAborted } from './abort.js';
import { checkCall } from './options.js';
import { startEngine, type CreateEngine } from './start.js';
import type { SupportedOperators } from './types.js';
import type { Platform } from '../platform/platform.js';

export function makeSupportedOperators(
  platform: Platform,
  createEngine: CreateEngine,
): SupportedOperators {
  return async (options = {}) => {
    checkCall(options);
    throwIfAborted(options.signal);
    const engine = startEngine(platform, createEngine, options);
    try {
      return await engine.call('operators', {}, options);
    } finally {
      engine.close();
    }
  };
}
