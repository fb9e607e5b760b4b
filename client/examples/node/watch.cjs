// Watches a run to its end. Usage: node watch.cjs GATEWAY STREAM SUITE RUN, with PROTO_ROOT.
const grpc = require('@grpc/grpc-js');
const files = require('@grpc/proto-loader').loadSync('runcast/v1/run_status_service.proto',
  {includeDirs: [process.env.PROTO_ROOT], enums: String});
const {RunStatusService} = grpc.loadPackageDefinition(files).runcast.v1;

const [gateway, streamId, suiteName, runId] = process.argv.slice(2);
const client = new RunStatusService(gateway, grpc.credentials.createInsecure(),
  {'grpc.service_config': JSON.stringify(require('../../service_config.json'))});
const call = client.WatchRun({run: {streamId, suiteName, runId}}, {deadline: Date.now() + 1_800_000});
call.on('data', ({status}) => status && console.log(status.state, status.progress?.percent));
call.on('error', (error) => { console.error(error.message); process.exitCode = 1; });
call.on('status', () => client.close());
