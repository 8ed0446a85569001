// How models run where each of their values is looked at.
#pragma once

#include "core/base/monitor.h"
#include "core/exec/session.h"

namespace quantab {

// As the file says, with the same bits everywhere.
inline SessionOptions AsWritten(Monitor* monitor) {
  SessionOptions options;
  options.lower = false;
  options.reproducible = true;
  options.monitor = monitor;
  return options;
}

}  // namespace quantab
