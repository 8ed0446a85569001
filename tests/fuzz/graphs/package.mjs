// The package's side: one core of each flavour, in which models are opened one after another. Starting a core for each of thousands
// of small models would take most of the time.
import path from 'node:path';
import { pathToFileURL } from 'node:url';

export async function loadPackage(folder) {
  const part = (file) => import(pathToFileURL(path.join(folder, file)).href);
  const [
    { makeOpenModel },
    { DirectEngine },
    { nodeFiles },
    { Host },
    { startCore },
    { nodePlatform },
  ] = await Promise.all([
    part('core/open.js'),
    part('core/direct_engine.js'),
    part('host/files_node.js'),
    part('host/host.js'),
    part('host/wasm.js'),
    part('platform/node.js'),
  ]);
  const { default: createQuantab } = await part('quantab_glue.js');

  /** openModel() of the package, but that all models share a core. */
  function opener(flavor) {
    let engine;
    const shared = ({ module }) => {
      const createHost = async (generation) =>
        new Host(await startCore(createQuantab, await module()), nodeFiles, generation);
      engine ??= new DirectEngine({ createHost, readsBlobs: false });
      return { readsBlobs: false, call: (...args) => engine.call(...args), close() {} };
    };
    const openModel = makeOpenModel(nodePlatform, shared);
    return (bytes) => openModel(bytes, { flavor });
  }

  return opener;
}

const sameBytes = (a, b) =>
  Buffer.compare(
    Buffer.from(a.buffer, a.byteOffset, a.byteLength),
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  ) === 0;

/**
 * Runs a model twice, the second time from the memory plan of the first: { outputs }, or { error }. A second run that differs is an
 * error of its own.
 */
export async function runPackage(open, bytes, feeds) {
  let model;
  try {
    model = await open(new Uint8Array(bytes));
    const outputs = await model.run(feeds);
    const again = await model.run(feeds);
    for (const [name, { data }] of Object.entries(outputs)) {
      if (!sameBytes(data, again[name].data))
        return { error: `The second run differs in '${name}'.`, broken: true };
    }
    return { outputs };
  } catch (error) {
    const broken = error.code === 'Internal' || /^The core stopped/.test(error.message);
    return { error: `${error.code ?? error.name}: ${error.message}`, broken };
  } finally {
    model?.close();
  }
}
