// Paths and folders as the commands name them.
import fs from 'node:fs';
import path from 'node:path';

import { QuantabError } from '../core/error.js';
import { ioError } from '../host/files_node.js';

/** "out/x.npy" for "out" and "x.npy". What the user typed stays as it is. */
export const inFolder = (folder: string, name: string): string =>
  `${folder}${folder.endsWith('/') ? '' : '/'}${name}`;

export const baseName = (file: string): string => file.slice(file.lastIndexOf('/') + 1);

/** What is at a path once symbolic links are followed, as far as can be told. */
export function statOf(file: string): fs.Stats | undefined {
  try {
    return fs.statSync(file);
  } catch {
    return undefined;
  }
}

/** Makes a folder and those above it. Not by mkdir's own way of doing so, which never ends where /proc refuses one. */
export function makeFolder(given: string): void {
  const folder = given.replace(/(?<=.)\/+$/, '');
  const stat = statOf(folder);
  if (stat?.isDirectory()) return;
  if (stat !== undefined) {
    throw new QuantabError('Io', `'${folder}' is no folder. Give a folder.`, { file: folder });
  }
  makeFolder(path.dirname(folder));
  try {
    fs.mkdirSync(folder);
  } catch (error) {
    throw ioError(folder, 'cannot be made', error);
  }
}
