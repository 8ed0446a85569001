// NumPy's archive of arrays (.npz): a zip file whose members are .npy files, stored or deflated.
import { QuantabError } from '../../core/error.js';
import { errorOf, invalidFile, type NamedTensors, type SampleFormat } from '../format.js';
import { membersOf } from '../zip.js';
import { readNpy } from './npy.js';

const EXTENSION = '.npy';
const WORDS = { kind: '.npz', next: 'Save the arrays again with numpy.savez.' };

const bad = (what: string) => invalidFile(`${what} ${WORDS.next}`);

/** The arrays of a .npz file by their names. Rejects with a QuantabError. */
export async function readNpz(bytes: Uint8Array): Promise<NamedTensors> {
  const tensors = new Map<string, NamedTensors[string]>();
  for (const entry of membersOf(bytes, WORDS)) {
    if (!entry.name.endsWith(EXTENSION)) {
      throw bad(`The .npz file's member '${entry.name}' is no .npy array.`);
    }
    const name = entry.name.slice(0, -EXTENSION.length);
    if (tensors.has(name)) throw bad(`The .npz file holds array '${name}' twice.`);
    const content = await entry.read();
    try {
      tensors.set(name, readNpy(content));
    } catch (error) {
      throw error instanceof QuantabError ? errorOf(error, `Array '${name}'`) : error;
    }
  }
  return Object.fromEntries(tensors);
}

export const npz: SampleFormat = { extensions: ['.npz'], keyed: true, read: readNpz };
