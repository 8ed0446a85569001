// <quantab-app>: the page as an element of another page, in a shadow root of its own. What is open is a module's, so that there can be
// one of it in a page.
import type { OnnxRuntime } from 'quantab/onnxruntime';
import markup from '../../index.html?raw';
import { useRoot } from '../dom';
import { offerOnnxRuntime, type Offer } from '../onnxruntime/offer';
import element from './element.css?inline';

const NAME = 'quantab-app';

/** Every style sheet of the page. */
const SHEETS: Record<string, string> = import.meta.glob('../*.css', {
  query: '?inline',
  import: 'default',
  eager: true,
});
/** The one that the others refine. */
const FIRST = '../style.css';

/** What the page has around the app that another page has itself, or that only the page can do. */
const LEFT_OUT = 'body > header, body > footer, #example, noscript';

function styles(): CSSStyleSheet[] {
  const others = Object.keys(SHEETS).filter((name) => name !== FIRST);
  return [FIRST, ...others]
    .map((name) => SHEETS[name] ?? '')
    .concat(element)
    .map((text) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(text);
      return sheet;
    });
}

function contents(): Node[] {
  const { body } = new DOMParser().parseFromString(markup, 'text/html');
  for (const part of body.querySelectorAll(LEFT_OUT)) part.remove();
  return [...body.childNodes];
}

let isTaken = false;

// A server that renders pages may load this module too; it has no elements.
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/** What is loaded with it comes from the page, and so runs in it. */
const offerOf = (load: (threads: number) => Promise<OnnxRuntime>): Offer => ({
  help: 'Times both models here and in onnxruntime-web, in turns. It is loaded only if you ask, and the page waits while it runs.',
  load: async () => (await import('../onnxruntime/measure_given')).measureWith(load),
});

/** The whole app. It has no attributes; a second one in a page stays empty, and says so on the console. */
export class QuantabApp extends Base {
  // It may have been set before the element was known.
  declare onnxRuntime?: ((threads: number) => Promise<OnnxRuntime>) | undefined;

  connectedCallback(): void {
    if (this.shadowRoot !== null) return;
    if (isTaken) {
      console.error(`There is a <${NAME}> in this page already. A page can have one.`);
      return;
    }
    isTaken = true;
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = styles();
    root.append(...contents());
    useRoot(root);
    offerOnnxRuntime(() => this.onnxRuntime && offerOf(this.onnxRuntime));
    import('../app').then(
      ({ startApp }) => startApp(this),
      (error: unknown) => {
        root.replaceChildren(`The app could not be loaded: ${String(error)}`);
      },
    );
  }
}

/** Makes the element known to the page, which loading this module does by itself. */
export function defineQuantabApp(): void {
  if (customElements.get(NAME) === undefined) customElements.define(NAME, QuantabApp);
}

if (globalThis.customElements !== undefined) defineQuantabApp();
