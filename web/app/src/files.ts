// Files from drops and pickers, with their paths, sorted into a model, its external data and samples.
import { formatOf } from 'quantab/samples';

export interface NamedFile {
  /** Relative, with folders divided by '/'. */
  path: string;
  file: File;
}

const isImage = ({ file, path }: NamedFile): boolean =>
  file.type.startsWith('image/') || /\.(png|jpe?g|webp|gif|bmp|avif)$/i.test(path);

export interface Sorted {
  model: NamedFile | undefined;
  tensors: NamedFile[];
  images: NamedFile[];
  /** Neither of these: external data, or something else. */
  others: NamedFile[];
}

/** A `.onnx` file is the model; among files without one, a single file of no known kind is taken for it. */
export function sortFiles(files: NamedFile[]): Sorted {
  const images = files.filter(isImage);
  const tensors = files.filter((entry) => !isImage(entry) && formatOf(entry.path) !== undefined);
  const rest = files.filter((entry) => !images.includes(entry) && !tensors.includes(entry));
  const named = rest.find(({ path }) => /\.onnx$/i.test(path));
  const model = named ?? (rest.length === 1 ? rest[0] : undefined);
  return { model, tensors, images, others: rest.filter((entry) => entry !== model) };
}

export const fromList = (list: Iterable<File>): NamedFile[] =>
  Array.from(list, (file) => ({ path: file.webkitRelativePath || file.name, file }));

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
  return files;
}
