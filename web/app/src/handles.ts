// Which files of the user's disk can be read again after a reload: those that the browser gave a handle for.
import type { NamedFile } from './files';

/** A file, or where it lies in a folder. */
export interface Origin {
  root: FileSystemHandle;
  /** Names of folders and of the file below the root; none when the root is the file. */
  path: string[];
}

const origins = new WeakMap<File, Origin>();

export const originOf = (file: File): Origin | undefined => origins.get(file);

/** The parts of these interfaces that only some browsers have, and the language's own library does not know. */
interface PickerWindow {
  showOpenFilePicker?(options: { multiple: boolean }): Promise<FileSystemFileHandle[]>;
}
interface HandleItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}
interface AskingHandle {
  queryPermission?(options: { mode: 'read' }): Promise<PermissionState>;
  requestPermission?(options: { mode: 'read' }): Promise<PermissionState>;
}

/** Asks for the handles of a drop. Must be called before the event is over. */
export async function handlesOf({ items }: DataTransfer): Promise<FileSystemHandle[]> {
  const asked = Array.from(items, (item) => (item as HandleItem).getAsFileSystemHandle?.());
  const settled = await Promise.allSettled(asked);
  return settled.flatMap((each) => (each.status === 'fulfilled' && each.value ? [each.value] : []));
}

/** Remembers where files come from, by their paths. */
export function remember(files: readonly NamedFile[], handles: readonly FileSystemHandle[]): void {
  const byName = new Map(handles.map((handle) => [handle.name, handle]));
  for (const { path, file } of files) {
    const [first, ...rest] = path.split('/');
    const root = byName.get(first!);
    if (root !== undefined && (root.kind === 'directory') === rest.length > 0) {
      origins.set(file, { root, path: rest });
    }
  }
}

/** Lets a file input use the picker that gives handles, where there is one. */
export function pickHandles(input: HTMLInputElement, take: (files: NamedFile[]) => void): void {
  let isRefused = false;
  input.addEventListener('click', (event) => {
    const { showOpenFilePicker } = window as PickerWindow;
    if (showOpenFilePicker === undefined || isRefused) return;
    event.preventDefault();
    pick(showOpenFilePicker, input.multiple).then(take, (error: unknown) => {
      // The person may have changed their mind; a page inside another one's frame has the plain picker only.
      if (error instanceof DOMException && error.name === 'AbortError') return;
      isRefused = true;
      // A click within a click is none.
      setTimeout(() => input.click());
    });
  });
}

async function pick(
  show: NonNullable<PickerWindow['showOpenFilePicker']>,
  multiple: boolean,
): Promise<NamedFile[]> {
  const handles = await show.call(window, { multiple });
  const files = await Promise.all(
    handles.map(async (handle) => ({ path: handle.name, file: await handle.getFile() })),
  );
  remember(files, handles);
  return files;
}

/** Whether a handle may be read; asks the person when `ask`, which needs a press of a button just before. */
export async function mayRead(handle: FileSystemHandle, ask: boolean): Promise<boolean> {
  const asking = handle as AskingHandle;
  const mode = { mode: 'read' } as const;
  if ((await asking.queryPermission?.(mode)) === 'granted') return true;
  return ask && (await asking.requestPermission?.(mode)) === 'granted';
}

/** The file at an origin, as it is now. Throws when it has gone. */
export async function fileAt({ root, path }: Origin): Promise<File> {
  let at = root;
  for (const [i, name] of path.entries()) {
    const folder = at as FileSystemDirectoryHandle;
    at =
      i + 1 < path.length
        ? await folder.getDirectoryHandle(name)
        : await folder.getFileHandle(name);
  }
  const file = await (at as FileSystemFileHandle).getFile();
  origins.set(file, { root, path });
  return file;
}
