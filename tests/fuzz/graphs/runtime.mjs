// ONNX Runtime's side.
import ort from 'onnxruntime-node';

ort.env.logLevel = 'fatal';

const settings = {
  graphOptimizationLevel: 'disabled',
  logSeverityLevel: 4,
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
};

// Its native part takes halves as Uint16Arrays only, but its JavaScript makes Float16Arrays of them wherever there are any.
delete globalThis.Float16Array;

const toRuntime = ({ dtype, dims, data }) => new ort.Tensor(dtype, data, dims);
const fromRuntime = ({ type, dims, data }) => ({ dtype: type, dims: [...dims], data });

const mapped = (object, change) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));

/** { outputs } or { error }. */
export async function runRuntime(bytes, feeds) {
  let session;
  try {
    session = await ort.InferenceSession.create(bytes, settings);
    return { outputs: mapped(await session.run(mapped(feeds, toRuntime)), fromRuntime) };
  } catch (error) {
    return { error: error.message };
  } finally {
    await session?.release();
  }
}
