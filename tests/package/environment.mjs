// Node's environment with the process's own typed arrays in place of the sandbox's: native modules such as onnxruntime-node
// make arrays of the process, and take no others.
import { TestEnvironment } from 'jest-environment-node';

export default class extends TestEnvironment {
  constructor(...args) {
    super(...args);
    for (const name of Object.getOwnPropertyNames(globalThis)) {
      if (/Array$/.test(name) && name !== 'Array') this.global[name] = globalThis[name];
    }
  }
}
