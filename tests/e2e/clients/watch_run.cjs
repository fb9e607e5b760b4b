#!/usr/bin/env node
// A Node client as anybody would write it: watches one run to its end.
//
// Usage: watch_run.cjs GATEWAY STREAM SUITE RUN, with NODE_PATH naming the packages and PROTO_ROOT
// the protos (README.md here tells how). Prints one line a status and ends with 0 when the run
// completed.
'use strict';

const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const LIMIT_MS = 60_000;  // For the whole watch: how long this caller cares.
// A break of the connection, a gateway that drains, a stream that reached its age; a caller over
// its limit. All else says something of the request or the run, and asking again would not change
// it.
const WORTH_ANOTHER_TRY = [grpc.status.UNAVAILABLE, grpc.status.RESOURCE_EXHAUSTED];

const [gateway, stream_id, suite_name, run_id] = process.argv.slice(2);
const definition = protoLoader.loadSync('runcast/v1/run_status_service.proto', {
  includeDirs: [process.env.PROTO_ROOT],
  keepCase: true,
  enums: String,
  longs: BigInt,
  oneofs: true,
});
const {RunStatusService} = grpc.loadPackageDefinition(definition).runcast.v1;
const client = new RunStatusService(gateway, grpc.credentials.createInsecure(), {
  // So that a peer that is gone without a word is noticed.
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 10_000,
});

// Yields the newest status and every one after it, until the run has ended. After a break the
// stream is opened again with the last resume token, so that nothing comes twice and nothing goes
// back, on whichever replica. `deadline` is a time of Date.now().
async function* watch(run, deadline) {
  let resume_token = Buffer.alloc(0);
  for (;;) {
    try {
      for await (const response of client.WatchRun({run, resume_token}, {deadline})) {
        if (response.resume_token.length > 0) resume_token = response.resume_token;
        // The other event is a heartbeat: the stream lives, and whether the platform answers.
        if (response.event === 'status') yield response.status;
      }
      return;  // OK comes after the terminal status, and only then.
    } catch (error) {
      if (!WORTH_ANOTHER_TRY.includes(error.code)) throw error;
      console.error(`opening the stream again: ${error.details}`);
    }
    // Spread, so that not all callers of a gateway come back at the same moment.
    await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 900));
  }
}

async function main() {
  let last = null;
  for await (const status of watch({stream_id, suite_name, run_id}, Date.now() + LIMIT_MS)) {
    if (last && last.epoch === status.epoch && last.sequence >= status.sequence) {
      throw new Error(`sequence ${status.sequence} after ${last.sequence}`);
    }
    last = status;
    console.log(`${status.sequence}`, status.state, status.progress?.percent);
  }
  if (!last?.terminal || last.state !== 'RUN_STATE_COMPLETED' || !(last.result?.f1_score >= 0)) {
    throw new Error(`the stream ended, but the last status is ${JSON.stringify(last?.state)}`);
  }
}

main().catch((error) => {
  console.error(`the watch ended with ${error.message}`);
  process.exitCode = 1;
}).finally(() => client.close());
