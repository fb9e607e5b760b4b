// The page `/`, made from live_page.html by the build.

#ifndef RUNCAST_GATEWAY_ADMIN_LIVE_PAGE_H_
#define RUNCAST_GATEWAY_ADMIN_LIVE_PAGE_H_

#include <string>

namespace runcast::admin {

extern const std::string kLivePage;
// Its Content-Security-Policy: its own script and style by their hashes, `/runs`, and nothing else.
extern const std::string kLivePagePolicy;

}  // namespace runcast::admin

#endif  // RUNCAST_GATEWAY_ADMIN_LIVE_PAGE_H_
