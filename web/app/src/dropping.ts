// The whole page takes drops; as a part of another page, the whole part.
import { byId } from './dom';
import { fromDrop, type NamedFile } from './files';
import { handlesOf, remember } from './handles';

/** The files of a drop, with the handles they can be read by again. */
async function received(transfer: DataTransfer): Promise<NamedFile[]> {
  // Both are begun while the event lasts.
  const [files, handles] = await Promise.all([fromDrop(transfer), handlesOf(transfer)]);
  remember(files, handles);
  return files;
}

export function takeDrops(
  target: GlobalEventHandlers,
  receive: (files: Promise<NamedFile[]>) => void,
): void {
  const cover = byId('dropcover');
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  // Leaving an element for one inside it gives an entry too.
  let depth = 0;
  const setDepth = (value: number) => {
    depth = Math.max(0, value);
    cover.hidden = depth === 0;
  };
  target.addEventListener('dragenter', (event) => {
    if (hasFiles(event)) setDepth(depth + 1);
  });
  target.addEventListener('dragleave', (event) => {
    if (hasFiles(event)) setDepth(depth - 1);
  });
  target.addEventListener('dragover', (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  target.addEventListener('drop', (event) => {
    if (!hasFiles(event) || event.dataTransfer === null) return;
    event.preventDefault();
    setDepth(0);
    receive(received(event.dataTransfer));
  });
}
