import { useCallback, useEffect, useRef, useState } from 'react';

const IDLE = { running: false, progress: 0, result: undefined, error: undefined };

/** One quantization at a time: what is known of it, and what begins and ends it. A component that goes away ends its own. */
export function useQuantizer() {
  const [state, setState] = useState(IDLE);
  const current = useRef(undefined);

  const cancel = useCallback(() => {
    current.current?.abort();
    current.current = undefined;
    setState(IDLE);
  }, []);

  const start = useCallback(async (file, sampleFiles) => {
    current.current?.abort();
    const controller = new AbortController();
    current.current = controller;
    // What a call that was ended still has to say is of no interest.
    const update = (change) => {
      if (current.current === controller) setState((before) => ({ ...before, ...change }));
    };
    setState({ ...IDLE, running: true });
    try {
      // Loaded when it is first needed: the page is there sooner.
      const { quantize } = await import('./quantize.js');
      const result = await quantize(file, sampleFiles, {
        signal: controller.signal,
        onProgress: ({ done, total }) => update({ progress: total > 0 ? done / total : 0 }),
      });
      const name = `${file.name.replace(/\.onnx$/, '')}.int8.onnx`;
      update({ running: false, result: { ...result, name } });
    } catch (error) {
      update({ running: false, error });
    }
  }, []);

  useEffect(() => () => current.current?.abort(), []);
  return { ...state, start, cancel };
}
