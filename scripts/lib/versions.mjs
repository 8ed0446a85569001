// The one place that pins what is fetched: names, versions and checksums.

// onnx and protobuf are compiled into every program. protobuf 3.21 is the last release without
// abseil; protoc, from Debian, must be of the same release.
export const ONNX = {
  version: '1.23.2',
  sha256: '008cb0467b2bbee41448acc7da8b6f4e704624cb0d327a2d5adafc7ce19bc5b8',
};
// What onnx's source package needs to tell its version, which pip asks of it before it hands it out.
export const ONNX_BUILD = ['scikit-build-core==1.1.2', 'protobuf==6.31.1'];
export const PROTOBUF = {
  version: '3.21.12',
  sha256: '930c2c3b5ecc6c9c12615cf5ad93f1cd6e12d0aba862b572e076259970ac3a53',
};
// Google Benchmark as source, for the WebAssembly build; natively the system's package is linked.
export const BENCHMARK = {
  version: '1.9.1',
  suite: 'trixie',
  sha256: '32131c08ee31eeff2c8968d7e874f3cb648034377dfc32a4c377fa8796d84981',
};

// ONNX's backend test data, of the newest release of Debian that has it.
export const TESTDATA = {
  version: '1.20.0-6',
  suite: 'forky',
  sha256: '8f862eb22f5dad4cf2528d2f6d20582fd89fd8bea774bde7336870c993e1d7ce',
};

// Oldest compilers and tools that are known to be enough.
export const MINIMUM = {
  node: '20.19.0',
  cmake: '3.25.0',
  emscripten: '3.1.60',
};

// The Node that runs the relaxed SIMD tests; any of this major version or newer will do.
export const RELAXED_NODE = '24.21.0';
