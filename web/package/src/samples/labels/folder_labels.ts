// Folders that are named after classes: "dogs/1.jpg", or by index "0/1.jpg".
import { QuantabError } from '../../core/error.js';
import type { ClassList } from './class_list.js';
import { isIndex } from './label_content.js';

/** The folder that a file lies in; none at the top. */
const folderOf = (path: string): string | undefined => path.split('/').at(-2);

/**
 * The classes of samples by the folders they lie in, of which there must be several: the names of `list`, or, without one, indices
 * below `classes`. Undefined where the folders are something else. Throws a QuantabError where some of them are classes and others
 * are not.
 */
export function folderLabels(
  names: readonly string[],
  list: ClassList | undefined,
  classes: number | undefined,
): number[] | undefined {
  const folders = new Set(names.map(folderOf));
  if (folders.size < 2) return undefined;
  const classOf = (folder: string | undefined): number | undefined => {
    if (folder === undefined) return undefined;
    const named = list?.find(folder);
    if (named !== undefined) return named;
    const isClass = isIndex(folder) && Number(folder) < (list?.names.length ?? classes ?? 0);
    return isClass ? Number(folder) : undefined;
  };
  const odd = names.find((name) => classOf(folderOf(name)) === undefined);
  if (odd === undefined) return names.map((name) => classOf(folderOf(name))!);
  const known = [...folders].find((folder) => classOf(folder) !== undefined);
  // Numbers may mean anything; names of classes do not come about by chance.
  if (list === undefined || known === undefined) return undefined;
  const folder = folderOf(odd);
  throw new QuantabError(
    'InvalidArgument',
    `'${odd}' lies in ${folder === undefined ? 'no folder' : `the folder '${folder}'`}, which is none of the ${list.names.length} classes in '${list.path}', though '${known}' is. Move it, or give a file of labels.`,
    { file: odd },
  );
}
