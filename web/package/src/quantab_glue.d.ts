// The start-up code that Emscripten makes for both modules; the build puts it beside this package's own files.
import type { GlueFactory } from './host/wasm.js';

declare const createQuantab: GlueFactory;
export default createQuantab;
