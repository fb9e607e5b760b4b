// What this program is made of.

#ifndef RUNCAST_GATEWAY_APP_LINKED_VERSIONS_H_
#define RUNCAST_GATEWAY_APP_LINKED_VERSIONS_H_

#include <string>
#include <utility>
#include <vector>

namespace runcast::app {

// Names and versions: this program first, then the libraries it runs with: those that are loaded,
// whatever it was built with, and where a library does not tell, what it was built with, which the
// text says. Threads: any.
std::vector<std::pair<std::string, std::string>> LinkedVersions();

// The same for people, one a line.
std::string VersionText();

}  // namespace runcast::app

#endif  // RUNCAST_GATEWAY_APP_LINKED_VERSIONS_H_
