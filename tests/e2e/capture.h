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

// What must not be found in the rest.
void CaptureSecret(const std::string& secret);

}  // namespace runcast::e2e

#endif  // RUNCAST_TESTS_E2E_CAPTURE_H_
