// Goes into the start-up code. Threads run in workers that the package makes, whatever it runs in; in such a worker none is made.
var Worker = Module['Worker'];
// A page that is not cross-origin isolated has shared memory, to use alone, but not the name of its kind.
var SharedArrayBuffer =
  globalThis.SharedArrayBuffer ??
  new WebAssembly.Memory({ initial: 0, maximum: 0, shared: true }).buffer.constructor;
