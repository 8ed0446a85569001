// A result as a page of its own: one file without scripts that loads nothing, to be kept or handed on. Loaded when it is asked for.
import type { Comparison, LayerReport, ModelInfo } from 'quantab';
import { beforeAndAfter, outputErrors, type TextTable } from './figure_tables';
import { bytes, count, counted, decibels, figure, operatorName } from './format';
import { factsOf, valuesOf } from './model_words';
import { besideTable, besideWords } from './onnxruntime/table';
import { madeWith, shareOf } from './run_words';
import type { Run } from './runs';
import { closeness, verdict } from './verdict';

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it may stand in HTML, in attributes too. */
const escape = (text: string): string => text.replace(/[&<>"']/g, (each) => ENTITIES[each]!);

const STYLE = `
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; opacity: 0.8; }
th, td { padding: 0.2rem 0.8rem 0.2rem 0; border-bottom: 1px solid #8888; text-align: left; overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; }
.scroll { overflow-x: auto; }
pre { padding: 0.6rem; border: 1px solid #8888; overflow-x: auto; }
.gain { font-size: 1.4rem; font-weight: 700; margin: 0; }`;

function table({ caption, columns, rows }: TextTable): string {
  const className = (index: number) => (columns[index]?.number ? ' class="number"' : '');
  const heads = columns.map(({ head }, i) => `<th scope="col"${className(i)}>${escape(head)}</th>`);
  const body = rows.map((row) => {
    const cells = row.map((text, i) =>
      i === 0 ? `<th scope="row">${escape(text)}</th>` : `<td${className(i)}>${escape(text)}</td>`,
    );
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<div class="scroll"><table><caption>${escape(caption)}</caption><thead><tr>${heads.join('')}</tr></thead><tbody>
${body.join('\n')}
</tbody></table></div>`;
}

const list = (items: readonly string[]): string =>
  `<ul>${items.map((item) => `<li>${escape(item)}</li>`).join('')}</ul>`;

const section = (title: string, ...parts: (string | false | undefined)[]): string =>
  `<section><h2>${escape(title)}</h2>\n${parts.filter(Boolean).join('\n')}\n</section>`;

const paragraph = (text: string): string => `<p>${escape(text)}</p>`;

const operatorsOf = (info: ModelInfo): TextTable => ({
  caption: 'Where the bytes are',
  columns: [
    { head: 'Operator' },
    { head: 'Nodes', number: true },
    { head: 'Weights', number: true },
  ],
  rows: info.operators.map((op) => [operatorName(op), count(op.count), bytes(op.bytes)]),
});

const model = (info: ModelInfo): string =>
  section(
    'Model',
    paragraph(`${info.name || info.graphName || 'Model'}: ${factsOf(info)}`),
    table(valuesOf(info)),
    table(operatorsOf(info)),
  );

const layersOf = ({ layers, samples }: LayerReport): TextTable => ({
  caption: `Layers, worst first (${counted(samples, 'sample')})`,
  columns: [
    { head: 'Layer' },
    { head: 'Operator' },
    { head: 'Its own error, dB', number: true },
    { head: 'With all before it, dB', number: true },
    { head: 'Largest own error', number: true },
  ],
  rows: layers.flatMap(({ name, opType, own, accumulated }) =>
    own === null
      ? []
      : [
          [
            name,
            opType,
            decibels(own.sqnrDb, own.mse),
            decibels(accumulated.sqnrDb, accumulated.mse),
            figure(own.maxAbsError),
          ],
        ],
  ),
});

function settings({ recipe, python, log, mixedPrecision }: Run): string {
  const kept = mixedPrecision?.nodeBlockList ?? [];
  return [
    kept.length > 0 && section('Nodes that stay in float32', list(kept)),
    log.length > 0 && section('Remarks', list(log)),
    section(
      'Recipe',
      paragraph('For the command line (--recipe) and the package.'),
      `<pre id="recipe">${escape(JSON.stringify(recipe, undefined, 2))}</pre>`,
    ),
    section('The same with the Python tools', `<pre id="python">${escape(python)}</pre>`),
  ]
    .filter(Boolean)
    .join('\n');
}

function judged(comparison: Comparison): string {
  const close = closeness(comparison);
  const byError = close === undefined ? '' : ` By their error the outputs are ${close}.`;
  return `<p id="verdict">${escape(verdict(comparison) + byError)}</p>`;
}

/** The whole page, as HTML. Whatever comes from the model or the user stands in it as text. */
export function reportOf(run: Run, info: ModelInfo): string {
  const { comparison, latency, layers, notices } = run.judgement ?? { notices: [] };
  const title = `${run.name}: report`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escape(title)}</title>
<style>${STYLE}
</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
<p class="gain">${escape(`${bytes(run.size)}, ${shareOf(run)} of the original`)}</p>
${paragraph(madeWith(run))}
${comparison === undefined ? '' : judged(comparison)}
${section(
  'Figures',
  table(beforeAndAfter(run, latency)),
  comparison && table(outputErrors(comparison)),
  notices.length > 0 && list(notices),
  run.beside && paragraph(besideWords(run.beside)) + table(besideTable(run.beside)),
)}
${layers === undefined ? '' : section('Layers', table(layersOf(layers)))}
${model(info)}
${settings(run)}
<p>Made by Quantab, on the device it was opened on.</p>
</main>
</body>
</html>
`;
}
