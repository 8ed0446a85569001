// The types of quantab/app, as the package has them (vite.element.config.ts copies them).
import type { OnnxRuntime } from 'quantab/onnxruntime';

/**
 * <quantab-app>: the whole app as an element, in a shadow root of its own; files are chosen in it or dropped on it. It has no attributes, and a
 * page can have one. Loading the module defines it.
 */
export declare class QuantabApp extends HTMLElement {
  connectedCallback(): void;
  /**
   * Loads onnxruntime-web, which is the page's own: `() => import('onnxruntime-web')`. While it is set, results offer to be timed in
   * both, in turns; it is called when somebody asks for that, with the number of threads that compute here, which
   * `ort.env.wasm.numThreads` should have for a fair comparison. It computes where it was loaded, so the page waits during its runs.
   * A rejection is shown to the person, who can ask again.
   */
  onnxRuntime?: ((threads: number) => Promise<OnnxRuntime>) | undefined;
}

/** Makes the element known to the page; needed only where the module was loaded without elements, as servers do. */
export declare function defineQuantabApp(): void;

declare global {
  interface HTMLElementTagNameMap {
    'quantab-app': QuantabApp;
  }
}
