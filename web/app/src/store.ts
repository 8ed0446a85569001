// A few records on this device, in the browser's own database.

const DATABASE = 'quantab';
const STORE = 'session';

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('The database gave no reason.'));
  });

async function within<T>(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => Promise<T>,
): Promise<T> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await settled(opening);
  try {
    const transaction = database.transaction(STORE, mode);
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error('It was aborted.'));
    });
    const [result] = await Promise.all([work(transaction.objectStore(STORE)), done]);
    return result;
  } finally {
    database.close();
  }
}

/** Puts records in the place of those of the same keys. Rejects, having changed nothing, when there is no room. */
export const putRecord = (key: string, value: unknown): Promise<void> =>
  within('readwrite', async (store) => void (await settled(store.put(value, key))));

export const getRecord = (key: string): Promise<unknown> =>
  within('readonly', (store) => settled<unknown>(store.get(key)));

export const clearRecords = (): Promise<void> =>
  within('readwrite', async (store) => void (await settled(store.clear())));
