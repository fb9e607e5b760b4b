#!/usr/bin/env python3
"""The include rules find what they are there to find."""

import unittest

import include_rules


def reasons(path, *lines):
    return [fault.reason for fault in include_rules.faults_of_file(path, "\n".join(lines))]


class IncludeRulesTest(unittest.TestCase):

    def test_a_room_may_include_itself_and_what_is_below(self):
        self.assertEqual(reasons("gateway/runs/run_feed.cc",
                                 '#include "gateway/runs/run_feed.h"',
                                 '#include "gateway/upstream/status_client.h"',
                                 '#include "gateway/base/clock.h"',
                                 '#include "runcast/v1/run_status.pb.h"',
                                 "#include <vector>"), [])

    def test_an_upward_include_is_found_with_its_line(self):
        text = '// Comment.\n#include "gateway/rpc/serving_loop.h"\n'

        faults = include_rules.faults_of_file("gateway/runs/run_feed.cc", text)

        self.assertEqual(faults, [include_rules.Fault(
            "gateway/runs/run_feed.cc", 2, "gateway/rpc/serving_loop.h", "runs is below rpc")])

    def test_blanks_do_not_hide_an_include(self):
        self.assertEqual(len(reasons("gateway/base/clock.cc", '  #  include  "gateway/app/app.h"')), 1)

    def test_a_comment_is_no_include(self):
        self.assertEqual(reasons("gateway/base/clock.cc", '// #include "gateway/app/app.h"'), [])

    def test_every_library_is_refused_outside_its_rooms(self):
        for include in ("grpcpp/grpcpp.h", "grpc/grpc.h", "runcast/v1/run_status_service.grpc.pb.h",
                        "curl/curl.h", "openssl/evp.h", "jose/jwe.h", "jansson.h",
                        "prometheus/registry.h", "spdlog/spdlog.h", "fmt/format.h",
                        "event2/http.h", "hiredis/hiredis.h", "CLI/CLI.hpp", "nlohmann/json.hpp",
                        "runcast/config/v1/gateway_config.pb.h", "absl/synchronization/mutex.h",
                        "google/rpc/status.pb.h"):
            with self.subTest(include):
                self.assertEqual(len(reasons("gateway/runs/run_feed.cc", f"#include <{include}>")), 1)

    def test_every_library_is_allowed_in_its_room(self):
        for path, include in (("gateway/rpc/a.cc", "grpcpp/grpcpp.h"),
                              ("gateway/http/a.cc", "curl/curl.h"),
                              ("gateway/auth/a.cc", "openssl/evp.h"),
                              ("gateway/auth/a.cc", "jose/jwe.h"),
                              ("gateway/telemetry/a.cc", "prometheus/registry.h"),
                              ("gateway/telemetry/a.cc", "spdlog/spdlog.h"),
                              ("gateway/base/a.cc", "event2/event.h"),
                              ("gateway/upstream/a.cc", "nlohmann/json.hpp"),
                              ("gateway/app/a.cc", "runcast/config/v1/gateway_config.pb.h"),
                              ("client/src/a.cc", "grpcpp/grpcpp.h"),
                              ("client/cli/a.cc", "CLI/CLI.hpp")):
            with self.subTest(path):
                self.assertEqual(reasons(path, f"#include <{include}>"), [])

    def test_a_room_without_a_layer_is_found(self):
        self.assertEqual(reasons("gateway/drawer/a.cc", "#include <curl.h>"),
                         ["room drawer has no layer"])

    def test_main_stands_above_all_and_nobody_includes_it(self):
        self.assertEqual(reasons("gateway/main.cc", '#include "gateway/app/app.h"'), [])
        self.assertEqual(reasons("gateway/app/app.cc", '#include "gateway/main.h"'),
                         ["app is below main"])

    def test_rooms_of_one_layer_may_not_go_in_a_circle(self):
        one_way = {"gateway/http/a.cc": '#include "gateway/auth/b.h"'}
        circle = dict(one_way, **{"gateway/auth/b.h": '#include "gateway/http/c.h"'})

        self.assertEqual(include_rules.circles(one_way), [])
        self.assertEqual(len(include_rules.circles(circle)), 1)

    def test_the_client_stands_without_the_gateway(self):
        self.assertEqual(len(reasons("client/src/a.cc", '#include "gateway/base/clock.h"')), 1)
        self.assertEqual(len(reasons("client/include/runcast/a.h", '#include "client/src/a.h"')), 1)
        self.assertEqual(len(reasons("client/src/a.cc", '#include "client/cli/a.h"')), 1)
        self.assertEqual(len(reasons("gateway/app/a.cc", '#include "client/src/a.h"')), 1)

    def test_the_simulator_shares_nothing_with_what_it_checks(self):
        self.assertEqual(reasons("tests/simulator/a.cc", '#include "gateway/auth/jwt_signer.h"'),
                         ["the simulator stands alone"])
        self.assertEqual(reasons("tests/simulator/a.cc", "#include <event2/http.h>"), [])


if __name__ == "__main__":
    unittest.main()
