// The app: what arrives becomes the open model, or samples for it.
import { alertError } from './alerts';
import { withModelsInZips } from './archives';
import { byId } from './dom';
import { takeDrops } from './dropping';
import { fromList, isModelName, sortFiles, type NamedFile } from './files';
import { offerToGoOn } from './go_on';
import { pickHandles } from './handles';
import { keepSamples, openFrom, openingDone, takeTicket } from './opening';
import { addSamples, afterClosing, isModelOpen } from './workspace';

/** A model opens; anything else is samples for the model that is open, or will be. */
async function receive(arriving: NamedFile[] | Promise<NamedFile[]>): Promise<void> {
  const ticket = takeTicket();
  let files = await arriving;
  if (files.length === 0) return;
  // With a model, and while one is open, a zip is one of samples.
  if (!files.some(isModelName) && !isModelOpen()) files = await withModelsInZips(files);
  if (!files.some(isModelName)) {
    const wasOpening = await openingDone();
    if (isModelOpen()) return addSamples(files);
    // It has failed, which has been said.
    if (wasOpening) return;
    if (sortFiles(files).others.length === 0) return keepSamples(files);
  }
  await openFrom(files, ticket);
}

/** Takes files from now on: those that are chosen, and those that are dropped on `target`. */
export function startApp(target: GlobalEventHandlers): void {
  const picker = byId<HTMLInputElement>('pick-model');
  picker.addEventListener('change', () => {
    void receive(fromList(picker.files ?? []));
    picker.value = '';
  });
  pickHandles(picker, (files) => void receive(files));
  takeDrops(target, (files) => void receive(files).catch(alertError));
  afterClosing(() => void offerToGoOn());
  void offerToGoOn();
}
