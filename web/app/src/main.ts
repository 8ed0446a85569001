// The page: what arrives becomes the open model, or samples for it.
import { alertError } from './alerts';
import { byId } from './dom';
import { takeDrops } from './dropping';
import { fromList, isModelName, type NamedFile } from './files';
import { workOffline } from './offline';
import { openExample, openFrom, openingDone, takeTicket } from './opening';
import { addSamples, isModelOpen } from './workspace';

/** A model opens; anything else is samples for the model that is open, or about to be. */
async function receive(arriving: NamedFile[] | Promise<NamedFile[]>): Promise<void> {
  const ticket = takeTicket();
  const files = await arriving;
  if (files.length === 0) return;
  if (!files.some(isModelName)) {
    const wasOpening = await openingDone();
    if (isModelOpen()) return addSamples(files);
    // It has failed, which has been said.
    if (wasOpening) return;
  }
  await openFrom(files, ticket);
}

const picker = byId<HTMLInputElement>('pick-model');
picker.addEventListener('change', () => {
  void receive(fromList(picker.files ?? []));
  picker.value = '';
});
byId('try-example').addEventListener('click', () => void openExample());
takeDrops((files) => void receive(files).catch(alertError));
workOffline(byId('offline'));
