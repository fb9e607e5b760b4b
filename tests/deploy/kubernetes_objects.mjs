// Holds objects against the schemas of their kinds, as far as npm packages carry these.
//
// Usage: node kubernetes_objects.mjs NODE-MODULES, objects as a JSON array on stdin. Prints one fault a
// line and ends with 1, or ends with 0. A kind that no package has is a fault unless it is listed here.
//
// Twice, because each sees what the other does not: the validators of the packages know values, patterns
// and what must be there; the compiler knows from their types which fields exist at all, which the
// validators, like Kubernetes of old, do not mind.

import {spawnSync} from "node:child_process";
import {mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {pathToFileURL} from "node:url";

const modules = path.resolve(process.argv[2]);
const objects = JSON.parse(readFileSync(0, "utf8"));

const PACKAGE_OF_GROUP = {
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator/",
  "networking.istio.io": "@kubernetes-models/istio/",
  "security.istio.io": "@kubernetes-models/istio/",
  "gateway.networking.k8s.io": "@kubernetes-models/gateway-api/",
};
// Linkerd's own kinds; its route is that of the Gateway API under another name.
const IN_NO_PACKAGE = ["AuthorizationPolicy", "MeshTLSAuthentication", "Server"];

function asPackagesKnowIt(object) {
  if (object.kind === "HTTPRoute" && object.apiVersion === "policy.linkerd.io/v1beta3") {
    return {...object, apiVersion: "gateway.networking.k8s.io/v1"};
  }
  const linkerds = object.apiVersion.startsWith("policy.linkerd.io/");
  return linkerds && IN_NO_PACKAGE.includes(object.kind) ? null : object;
}

function moduleOf({apiVersion}) {
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
  return (PACKAGE_OF_GROUP[group] ?? "kubernetes-models/") + apiVersion;
}

const nameOf = ({kind, metadata}) => `${kind} ${metadata?.name}`;

async function faultsOfValues(object) {
  const file = path.join(modules, moduleOf(object), `${object.kind}.js`);
  try {
    const models = await import(pathToFileURL(file).href);
    new models[object.kind](object).validate();
    return [];
  } catch (error) {
    return [`${nameOf(object)}: ${error.message}`];
  }
}

function faultsOfFields(known) {
  const folder = mkdtempSync(path.join(tmpdir(), "runcast-objects-"));
  try {
    symlinkSync(modules, path.join(folder, "node_modules"));
    // One line an object, so that the line of a fault is its number.
    writeFileSync(path.join(folder, "objects.mts"), known.map((object, i) =>
      `import type {I${object.kind} as T${i}} from "${moduleOf(object)}"; ` +
      `export const o${i}: T${i} = ${JSON.stringify(object)};`).join("\n"));
    const {stdout, stderr, status} = spawnSync(process.execPath, [
      path.join(modules, "typescript/bin/tsc"), "--noEmit", "--strict", "--skipLibCheck", "--pretty", "false",
      "--module", "nodenext", "--target", "es2022", "objects.mts"], {cwd: folder, encoding: "utf8"});
    const faults = stdout.split("\n").filter((line) => line !== "").map((line) => {
      const place = /^objects\.mts\((\d+),\d+\): /.exec(line);
      return place ? `${nameOf(known[place[1] - 1])}: ${line.slice(place[0].length)}` : line;
    });
    return status === 0 || faults.length > 0 ? faults : [`tsc ended with ${status}: ${stderr}`];
  } finally {
    rmSync(folder, {recursive: true});
  }
}

const known = objects.map(asPackagesKnowIt).filter((object) => object !== null);
const faults = (await Promise.all(known.map(faultsOfValues))).flat().concat(faultsOfFields(known));
for (const fault of faults) console.log(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
