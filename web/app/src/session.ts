// What is kept on this device of the model that is open, so that work can go on after a reload.
import type { NamedFile } from './files';
import { fileAt, mayRead, originOf, type Origin } from './handles';
import type { Tried } from './improve/trials_view';
import type { Run } from './runs';
import type { SettingsState } from './settings_view';
import { clearRecords, getRecord, putRecord } from './store';

/** Files without a handle are copied up to so many bytes altogether. */
export const COPIES = 64e6;

/** The browser asks for each handle by itself: rather than more questions than these, small files are copied. */
const FEW_QUESTIONS = 3;

interface KeptFile {
  path: string;
  origin: Origin | undefined;
  copy: File | undefined;
}

interface KeptFiles {
  form: number;
  id: string;
  title: string;
  /** Of the model, in bytes. */
  size: number;
  model: KeptFile[];
  samples: KeptFile[];
}

export interface KeptState {
  settings: SettingsState | undefined;
  /** Without their files. */
  runs: Run[];
  /** The number of the next result. */
  next: number;
  /** What came of trying all ready-made settings. */
  tried: Tried | undefined;
}

export interface Session {
  files: KeptFiles;
  state: KeptState;
}

/** How much is kept. */
export interface Kept {
  /** Paths of files that are not. */
  lost: string[];
  /** Whether copies were made. */
  copied: boolean;
}

/** Of the form of the records: those of another form are not read. */
const FORM = 1;

const FILES = 'files';
const STATE = 'state';

/** Of the model that is open; what belongs to another one is not mixed with it. */
let id = '';

/** One write after another, so that the last counts. */
let writing: Promise<unknown> = Promise.resolve();

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = writing.then(work);
  writing = done.catch(() => {});
  return done;
}

/** Marks the beginning of work on another model. */
export function beginSession(): void {
  id = `${Date.now()} ${Math.random()}`;
}

interface Room {
  left: number;
}

/** A browser may keep no more of a file of the disk than where it is: what is in memory is copied for certain. */
const copyOf = async (file: File): Promise<File> => new File([await file.arrayBuffer()], file.name);

async function plan(
  files: readonly NamedFile[],
  room: Room,
  copyAll: boolean,
): Promise<KeptFile[]> {
  const kept: KeptFile[] = [];
  for (const { path, file } of files) {
    const origin = originOf(file);
    const isCopied = (copyAll || origin === undefined) && file.size <= room.left;
    if (isCopied) room.left -= file.size;
    kept.push(
      isCopied
        ? { path, origin: undefined, copy: await copyOf(file) }
        : { path, origin, copy: undefined },
    );
  }
  return kept;
}

const isLost = ({ origin, copy }: KeptFile): boolean => origin === undefined && copy === undefined;

/** Keeps where files are, or copies of them. Rejects when this browser keeps nothing. */
export function keepFiles(
  title: string,
  size: number,
  model: readonly NamedFile[],
  samples: readonly NamedFile[],
): Promise<Kept> {
  const session = id;
  const all = [...model, ...samples];
  const roots = new Set(all.flatMap(({ file }) => originOf(file)?.root ?? []));
  const copyAll =
    roots.size > FEW_QUESTIONS && all.reduce((sum, { file }) => sum + file.size, 0) <= COPIES;
  const room = { left: COPIES };
  return inTurn(async () => {
    const kept: KeptFiles = {
      form: FORM,
      id: session,
      title,
      size,
      model: await plan(model, room, copyAll),
      samples: await plan(samples, room, copyAll),
    };
    try {
      await putRecord(FILES, kept);
    } catch {
      // There may be room for where files are, though not for copies.
      const bare = (each: KeptFile) => ({ ...each, copy: undefined });
      kept.model = kept.model.map(bare);
      kept.samples = kept.samples.map(bare);
      await putRecord(FILES, kept);
    }
    const entries = [...kept.model, ...kept.samples];
    return {
      lost: entries.filter(isLost).map(({ path }) => path),
      copied: entries.some(({ copy }) => copy !== undefined),
    };
  });
}

/** Keeps settings and results. Rejects when this browser keeps nothing. */
export function keepState(state: KeptState): Promise<void> {
  const session = id;
  const runs = state.runs.map((run) => ({ ...run, files: undefined }));
  return inTurn(() => putRecord(STATE, { ...state, runs, id: session }));
}

/** What was kept last; nothing where there is nothing, or nothing can be kept. */
export async function lastSession(): Promise<Session | undefined> {
  await writing;
  try {
    const files = (await getRecord(FILES)) as KeptFiles | undefined;
    if (files?.form !== FORM) return undefined;
    const kept = (await getRecord(STATE)) as (KeptState & { id: string }) | undefined;
    const nothing = { settings: undefined, runs: [], next: 1, tried: undefined };
    const state = kept?.id === files.id ? kept : nothing;
    return { files, state };
  } catch {
    return undefined;
  }
}

let awaited: Session | undefined;

/** Has work go on when the model of a session is opened by hand. */
export function awaitModel(session: Session): void {
  awaited = session;
}

/** The state to go on with when this model is opened, if it is the one that is awaited. Given once. */
export function awaitedState(title: string, size: number): KeptState | undefined {
  const session = awaited;
  awaited = undefined;
  const isIt = session?.files.title === title && session.files.size === size;
  return isIt ? session.state : undefined;
}

export const forgetSession = (): Promise<void> => inTurn(clearRecords);

export interface Found {
  model: NamedFile[];
  samples: NamedFile[];
  /** Paths of files that could not be read, and of those the ones that the browser gives no access to. */
  missing: string[];
  refused: string[];
}

/** Reads the files again; asks the person where the browser wants that, so a press of a button must come just before. */
export async function findFiles({ model, samples }: KeptFiles): Promise<Found> {
  const found: Found = { model: [], samples: [], missing: [], refused: [] };
  const allowed = new Map<FileSystemHandle, boolean>();
  const handles: FileSystemHandle[] = [];
  // Two handles of one folder are different objects once they have been stored.
  const known = async (root: FileSystemHandle) => {
    for (const each of handles) if (await each.isSameEntry(root)) return each;
    handles.push(root);
    return root;
  };
  const read = async ({ path, origin, copy }: KeptFile, into: NamedFile[]) => {
    if (copy !== undefined) {
      into.push({ path, file: copy });
      return;
    }
    try {
      if (origin === undefined) throw new Error('It was not kept.');
      const root = await known(origin.root);
      const may = allowed.get(root) ?? (await mayRead(root, true));
      allowed.set(root, may);
      if (!may) found.refused.push(path);
      else into.push({ path, file: await fileAt({ ...origin, root }) });
    } catch {
      found.missing.push(path);
    }
  };
  for (const each of model) await read(each, found.model);
  for (const each of samples) await read(each, found.samples);
  return found;
}
