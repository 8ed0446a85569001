// The offer to go on with what was open before the page was loaded.
import { alertError, alertText, clearAlerts } from './alerts';
import { byId, el } from './dom';
import { counted } from './format';
import { openKept, takeTicket } from './opening';
import {
  awaitModel,
  findFiles,
  forgetSession,
  lastSession,
  type Found,
  type Session,
} from './session';
import { focusHome } from './status';

const quoted = (paths: readonly string[]): string => {
  const shown = paths.slice(0, 3).map((path) => `'${path}'`);
  return paths.length > 3 ? `${shown.join(', ')} and ${paths.length - 3} more` : shown.join(', ');
};

/** What could not be had of the files, and what to do. */
function missingWords({ missing, refused }: Found): string {
  const parts = [
    refused.length > 0 && `The browser gave no access to ${quoted(refused)}.`,
    missing.length > 0 && `Not found again: ${quoted(missing)}.`,
  ];
  return parts.filter(Boolean).join(' ');
}

async function goOn(session: Session): Promise<void> {
  clearAlerts();
  const { files, state } = session;
  const found = await findFiles(files);
  const words = missingWords(found);
  if (found.model.length < files.model.length) {
    alertText(
      `${words} Drop the model here, or press “Go on” again: its settings and results are kept until then.`,
    );
    // Whoever drops it goes on as well.
    awaitModel(session);
    return;
  }
  await openKept(found.model, found.samples, state, takeTicket());
  if (words !== '') alertText(`${words} Drop the samples again to use them.`);
}

/** Offers it on the first screen, if there is something to go on with. */
export async function offerToGoOn(): Promise<void> {
  const place = byId('go-on');
  const session = await lastSession();
  place.hidden = session === undefined;
  if (session === undefined) {
    place.replaceChildren();
    return;
  }
  const { files, state } = session;
  const { length } = state.runs;
  const forget = async () => {
    try {
      await forgetSession();
    } catch (error) {
      alertError(error);
      return;
    }
    place.replaceChildren();
    place.hidden = true;
    focusHome();
  };
  place.replaceChildren(
    el(
      'p',
      {},
      `Last time: '${files.title}', ${counted(files.samples.length, 'sample file')}, ${counted(length, 'result')}.`,
    ),
    el(
      'p',
      { class: 'actions' },
      el(
        'button',
        {
          type: 'button',
          class: 'primary',
          id: 'go-on-now',
          onclick: () => void goOn(session).catch(alertError),
        },
        `Go on with ${files.title}`,
      ),
      el('button', { type: 'button', id: 'forget', onclick: () => void forget() }, 'Forget it'),
    ),
  );
}
