// The page: the app, with its example, and without a network after the first visit.
import { startApp } from './app';
import { byId } from './dom';
import { workOffline } from './offline';
import { offerOnnxRuntime } from './onnxruntime/offer';
import { openExample } from './opening';

offerOnnxRuntime(async () => (await import('./onnxruntime/measure')).measureBeside);
startApp(window);
byId('try-example').addEventListener('click', () => void openExample());
workOffline(byId('offline'));
