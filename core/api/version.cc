#include "core/api/quantab.h"

namespace quantab {

std::string Version() { return QUANTAB_VERSION; }

}  // namespace quantab
