#!/usr/bin/env node
// A Node client as anybody would write it: watches one run to its end.
//
// Usage: watch_run.cjs GATEWAY STREAM SUITE RUN, with NODE_PATH naming the packages and PROTO_ROOT
// the protos. Prints one line a status and ends with 0 when the stream ended OK after a terminal
// status.
'use strict';

const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const [gateway, stream_id, suite_name, run_id] = process.argv.slice(2);
const definition = protoLoader.loadSync('runcast/v1/run_status_service.proto', {
  includeDirs: [process.env.PROTO_ROOT],
  keepCase: true,
  enums: String,
  longs: BigInt,
  oneofs: true,
});
const {RunStatusService} = grpc.loadPackageDefinition(definition).runcast.v1;
const client = new RunStatusService(gateway, grpc.credentials.createInsecure());

function fail(words) {
  console.error(words);
  process.exit(1);
}

let last = null;
const stream = client.WatchRun(
    {run: {stream_id, suite_name, run_id}}, {deadline: Date.now() + 60_000});
stream.on('data', (response) => {
  if (response.event !== 'status') return;
  const {status} = response;
  if (last && last.epoch === status.epoch && last.sequence >= status.sequence) {
    fail(`sequence ${status.sequence} after ${last.sequence}`);
  }
  last = status;
  console.log(`${status.sequence}`, status.state, status.progress?.percent);
});
stream.on('error', (error) => fail(`the watch ended with ${error.message}`));
stream.on('end', () => {
  if (!last?.terminal || last.state !== 'RUN_STATE_COMPLETED' || !(last.result?.f1_score >= 0)) {
    fail(`the stream ended, but the last status is ${JSON.stringify(last?.state)}`);
  }
  client.close();
});
