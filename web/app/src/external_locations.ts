// Which files a model says its weights are in, found without opening it.

/** How an external_data entry of a TensorProto begins: a StringStringEntryProto whose key is "location", and its value's tag. */
const ENTRY = '\x0a\x08location\x12';

const STEP = 8 * 2 ** 20;
/** Longer than any entry: what lies across the end of a step is seen whole. */
const OVERLAP = 2 ** 13;

function stringAt(bytes: Uint8Array, start: number): string | undefined {
  let length = 0;
  let at = start;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = bytes[at++];
    if (byte === undefined) return undefined;
    length |= (byte & 127) << shift;
    if (byte < 128) return new TextDecoder().decode(bytes.subarray(at, at + length));
  }
  return undefined;
}

export async function externalLocations(file: File): Promise<Set<string>> {
  const found = new Set<string>();
  // One character a byte, so that places in the text are places in the bytes.
  const decoder = new TextDecoder('windows-1252');
  for (let start = 0; start < file.size; start += STEP) {
    const slice = file.slice(start, start + STEP + OVERLAP);
    const bytes = new Uint8Array(await slice.arrayBuffer());
    const text = decoder.decode(bytes);
    for (let at = text.indexOf(ENTRY); at >= 0; at = text.indexOf(ENTRY, at + 1)) {
      const location = stringAt(bytes, at + ENTRY.length);
      if (location !== undefined) found.add(location);
    }
  }
  return found;
}
