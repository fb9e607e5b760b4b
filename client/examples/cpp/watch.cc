// Waits for the end of a run. Usage: watch GATEWAY STREAM SUITE RUN
#include <iostream>

#include "absl/time/clock.h"
#include "runcast/run_status_client.h"

int main(int count, char** words) {
  if (count != 5) return std::cerr << "usage: watch GATEWAY STREAM SUITE RUN\n", 2;
  auto client = runcast::client::RunStatusClient::Make({.targets = {words[1]}});
  if (!client.ok()) return std::cerr << client.status() << "\n", 2;
  runcast::v1::RunReference run;
  run.set_stream_id(words[2]), run.set_suite_name(words[3]), run.set_run_id(words[4]);
  auto end = (*client)->WaitUntilDone(run, absl::Now() + absl::Minutes(30));
  if (!end.ok()) return std::cerr << end.status() << "\n", 1;
  std::cout << runcast::v1::RunState_Name(end->state()) << " " << end->result().f1_score() << "\n";
}
