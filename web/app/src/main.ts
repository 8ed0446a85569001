// The page: the app, with its example, and without a network after the first visit.
import { startApp } from './app';
import { byId } from './dom';
import { workOffline } from './offline';
import { offerOnnxRuntime } from './onnxruntime/offer';
import { openExample } from './opening';

const onnxRuntime = {
  help: 'Times both models here and in onnxruntime-web, in turns. Its 14 MB come from where this page is, and only if you ask.',
  load: async () => (await import('./onnxruntime/measure')).measureBeside,
};
offerOnnxRuntime(() => onnxRuntime);
startApp(window);
byId('try-example').addEventListener('click', () => void openExample());
workOffline(byId('offline'));
