// Keeps what the programs under test said, so that it can be searched for secrets afterwards.

#ifndef RUNCAST_TESTS_E2E_CAPTURE_H_
#define RUNCAST_TESTS_E2E_CAPTURE_H_

#include <string>

namespace runcast::e2e {

// All of it does something only where the environment variable E2E_CAPTURE_FOLDER names a folder;
// tests/security searches it.
//
// Threads: any.

// What a program wrote.
void CaptureOutput(const std::string& text);

// Every page of an admin port, as far as pages name each other.
void CapturePages(const std::string& admin_address);

// What must not be found in the rest: a secret, whole or in part; a link that grants access, whole
// or what follows its host.
void CaptureSecret(const std::string& secret);
void CaptureLink(const std::string& link);

// Whether anything is kept; then programs should say all that they can say.
bool IsCapturing();

}  // namespace runcast::e2e

#endif  // RUNCAST_TESTS_E2E_CAPTURE_H_
