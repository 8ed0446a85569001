// What the system tells the native program to do.
#pragma once

namespace quantab {

// From now on SIGINT (Ctrl-C) and SIGTERM are noted rather than obeyed, so that work ends in good
// order; a second one ends the program at once. A reader that goes away makes writing fail rather
// than end the program.
void HandleSignals();

// Whether SIGINT or SIGTERM came.
bool Interrupted();

}  // namespace quantab
