import { useEffect, useState } from 'react';
import { useQuantizer } from './useQuantizer.js';

const isModel = (file) => file.name.endsWith('.onnx');

export function App() {
  const [model, setModel] = useState(undefined);
  const [samples, setSamples] = useState([]);
  const { running, progress, result, error, start, cancel } = useQuantizer();

  function take(files) {
    const others = files.filter((file) => !isModel(file));
    setModel(files.find(isModel) ?? model);
    if (others.length > 0) setSamples(others);
  }

  function drop(event) {
    event.preventDefault();
    take([...event.dataTransfer.files]);
  }

  return (
    <main onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <h1>Quantize a model</h1>
      <p>Drop a model, and samples for it, anywhere on this page; or choose them.</p>
      <p>
        <label>
          Model, .onnx{' '}
          <input type="file" accept=".onnx" onChange={({ target }) => take([...target.files])} />
        </label>
      </p>
      <p>
        <label>
          Samples: arrays, pictures, sounds{' '}
          <input type="file" multiple onChange={({ target }) => setSamples([...target.files])} />
        </label>
      </p>
      <p>
        <button type="button" disabled={!model || running} onClick={() => start(model, samples)}>
          Quantize {model?.name}
        </button>{' '}
        <button type="button" disabled={!running} onClick={cancel}>
          Cancel
        </button>
      </p>
      {running && <progress max="1" value={progress} aria-label="Progress" />}
      <div role="status">
        {error && <p>{error.message}</p>}
        {result && <Result {...result} />}
      </div>
    </main>
  );
}

function Result({ name, before, blob, outputs }) {
  const address = useObjectUrl(blob);
  return (
    <>
      <p>
        {before} bytes became {blob.size}.{' '}
        {address && (
          <a href={address} download={name}>
            Download {name}
          </a>
        )}
      </p>
      <ul>
        {outputs.map(({ name: output, sqnrDb }) => (
          <li key={output}>
            {output}: {sqnrDb === null ? 'equal' : `${sqnrDb.toFixed(1)} dB`}
          </li>
        ))}
      </ul>
    </>
  );
}

/** An address of a blob, for as long as the component shows it. */
function useObjectUrl(blob) {
  const [address, setAddress] = useState(undefined);
  useEffect(() => {
    const made = URL.createObjectURL(blob);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return address;
}
