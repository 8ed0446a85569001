// The page: the app, with its example, and without a network after the first visit.
import { startApp } from './app';
import { byId } from './dom';
import { workOffline } from './offline';
import { openExample } from './opening';

startApp(window);
byId('try-example').addEventListener('click', () => void openExample());
workOffline(byId('offline'));
