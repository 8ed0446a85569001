// The protoc of the pinned protobuf release: on PATH, or the system's behind another version there.
import fs from 'node:fs';
import { capture, which } from './run.mjs';
import { PROTOBUF } from './versions.mjs';

/** Its path, or null. */
export function findProtoc() {
  const candidates = [which('protoc'), '/usr/bin/protoc'].filter(
    (file) => file && fs.existsSync(file),
  );
  const version = `libprotoc ${PROTOBUF.version}`;
  return candidates.find((file) => capture(file, ['--version']) === version) || null;
}
