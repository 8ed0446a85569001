// Makes docs/api/ from the comments of what the package exports: one page for each entry.
//
//   node scripts/generate_api.mjs              writes the pages
//   node scripts/generate_api.mjs --check      fails when they are out of step, or an export has no comment
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Application, LogLevel } from 'typedoc';
import { MarkdownTheme, MarkdownThemeContext } from 'typedoc-plugin-markdown';
import { packageFolder, root, settle } from './generated.mjs';

const pages = path.join(root, 'docs', 'api');

/** By the name of its page, an entry: quantab/direct exports the same as quantab. */
const ENTRIES = {
  quantab: { source: 'index.ts', module: 'index', title: 'quantab' },
  'quantab-samples': { source: 'samples/index.ts', module: 'samples', title: 'quantab/samples' },
  'quantab-onnxruntime': {
    source: 'onnxruntime.ts',
    module: 'onnxruntime',
    title: 'quantab/onnxruntime',
  },
};

const OPTIONS = {
  entryPoints: Object.values(ENTRIES).map(({ source }) => path.join(packageFolder, 'src', source)),
  tsconfig: path.join(packageFolder, 'tsconfig.json'),
  plugin: ['typedoc-plugin-markdown'],
  theme: 'quantab',
  logLevel: LogLevel.Warn,
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
  validation: { notExported: true, invalidLink: true, notDocumented: true },
  // A list of names, which the type's own comment repeats.
  intentionallyNotExported: ['RESAMPLES'],
  requiredToBeDocumented: ['Class', 'Interface', 'TypeAlias', 'Function', 'Variable', 'Method'],
  readme: 'none',
  disableSources: true,
  excludeExternals: true,
  excludeInternal: true,
  excludePrivate: true,
  outputFileStrategy: 'modules',
  sort: ['source-order'],
  hideBreadcrumbs: true,
  hidePageHeader: true,
  pageTitleTemplates: { module: ({ rawName }) => ENTRIES[rawName].title },
  // A signature with the types of its parameters says what lists of them would repeat.
  expandParameters: true,
  parametersFormat: 'none',
  ...Object.fromEntries(
    ['interfaceProperties', 'classProperties', 'typeDeclaration', 'propertyMembers'].map((of) => [
      `${of}Format`,
      'table',
    ]),
  ),
  tableColumnSettings: {
    hideDefaults: true,
    hideInherited: true,
    hideModifiers: true,
    hideOverrides: true,
    hideSources: true,
  },
};

class Context extends MarkdownThemeContext {
  constructor(...args) {
    super(...args);
    // The signature has the type, and the comment's text says what it is.
    this.partials.signatureReturns = () => '';
  }
}

class Theme extends MarkdownTheme {
  getRenderContext(page) {
    return new Context(this, page, this.application.options);
  }
}

/** The pages' texts by their files' names. */
async function contents() {
  const out = fs.mkdtempSync(path.join(os.tmpdir(), 'quantab-api-'));
  try {
    const app = await Application.bootstrapWithPlugins({ ...OPTIONS, out });
    app.renderer.defineTheme('quantab', Theme);
    const project = await app.convert();
    for (const entry of project?.children ?? []) {
      entry.name = Object.keys(ENTRIES).find((name) => ENTRIES[name].module === entry.name);
    }
    if (project !== undefined) {
      app.validate(project);
      await app.generateOutputs(project);
    }
    if (app.logger.hasErrors() || app.logger.hasWarnings()) {
      throw new Error('The comments have the problems above. Complete them.');
    }
    return Object.fromEntries(
      Object.keys(ENTRIES).map((name) => [
        `${name}.md`,
        fs.readFileSync(path.join(out, `${name}.md`), 'utf8'),
      ]),
    );
  } finally {
    fs.rmSync(out, { recursive: true, force: true });
  }
}

settle(pages, await contents());
