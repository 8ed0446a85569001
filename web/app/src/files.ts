// Files from drops and pickers, with their paths, sorted into a model, its external data and samples.
import { isSampleFile } from 'quantab/samples';
import { externalLocations } from './external_locations';

export interface NamedFile {
  /** Relative, with folders divided by '/'. */
  path: string;
  file: File;
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

export const isModelName = ({ path }: NamedFile): boolean => /\.onnx$/i.test(path);

export interface Sorted {
  /** What samples are made of, and what says how. */
  samples: NamedFile[];
  /** Models, external data, or something else. */
  others: NamedFile[];
}

export function sortFiles(files: readonly NamedFile[]): Sorted {
  const sorted: Sorted = { samples: [], others: [] };
  for (const entry of files) {
    (isSampleFile(entry.path) ? sorted.samples : sorted.others).push(entry);
  }
  return sorted;
}

/** "'a', 'b' and 3 more". */
export function namesOf(files: readonly { path: string }[]): string {
  const shown = files.slice(0, 3).map(({ path }) => `'${path}'`);
  const rest = files.length - shown.length;
  if (rest > 0) return `${shown.join(', ')} and ${rest} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

/** Those of several .onnx files that no other of them keeps its weights in. */
async function modelsAmong(files: NamedFile[]): Promise<NamedFile[]> {
  if (files.length < 2) return files;
  const referenced = new Set<string>();
  for (const { file } of files) {
    for (const location of await externalLocations(file)) referenced.add(baseName(location));
  }
  return files.filter(({ path }) => !referenced.has(baseName(path)));
}

/** The model among files: a .onnx file, or else a single file of no known kind. Throws when there is none, or more than one. */
export async function chooseModel(files: NamedFile[]): Promise<NamedFile> {
  const { others } = sortFiles(files);
  const named = others.filter(isModelName);
  const models = await modelsAmong(named);
  if (models.length > 1) {
    throw new Error(`There is more than one model: ${namesOf(models)}. Open one at a time.`);
  }
  const model = models[0] ?? named[0] ?? (others.length === 1 ? others[0] : undefined);
  if (model === undefined) {
    throw new Error(
      `There is no ONNX model among ${namesOf(files)}. Give a .onnx file, with its external data if it has any.`,
    );
  }
  return model;
}

/** `path` as a model in `folder` would name it; by its own name when it lies elsewhere. */
export function locationFrom(folder: string, path: string): string {
  if (folder === '') return path;
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : baseName(path);
}

export const fromList = (list: Iterable<File>): NamedFile[] =>
  Array.from(list, (file) => ({ path: file.webkitRelativePath || file.name, file })).filter(
    isVisible,
  );

/** Systems leave files of their own in folders. */
function isVisible({ path }: NamedFile): boolean {
  return !baseName(path).startsWith('.');
}

async function walk(entry: FileSystemEntry, into: NamedFile[]): Promise<void> {
  const path = entry.fullPath.replace(/^\//, '');
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    into.push({ path, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (batch.length === 0) return;
    for (const child of batch) await walk(child, into);
  }
}

/** All files of a drop, folders included. */
export async function fromDrop(transfer: DataTransfer): Promise<NamedFile[]> {
  const plain = fromList(transfer.files);
  // Entries must be taken before the first await: the transfer is emptied when the event is over.
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some((entry) => entry?.isDirectory)) return plain;
  const files: NamedFile[] = [];
  for (const entry of entries) if (entry !== null) await walk(entry, files);
  return files.filter(isVisible);
}
