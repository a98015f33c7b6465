// Compiles the contracts of the field tests into published/<Name>.json: ABI, bytecode, its
// hash, and from which bytes and how it was made. Needs Node and npm:
//
//   node build.mjs
//
// Nothing of it is needed to build or test bulkhead.
import { execSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const here = new URL("./", import.meta.url);
const at = (path) => new URL(path, here).pathname;
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
if (!existsSync(at("node_modules/solc"))) execSync("npm ci --no-audit --no-fund", { cwd: at("."), stdio: "inherit" });
const solc = createRequire(at("build.mjs"))("solc");
const lock = JSON.parse(readFileSync(at("package-lock.json"), "utf8")).packages;
const settings = { evmVersion: "shanghai", optimizer: { enabled: true, runs: 200 }, metadata: { bytecodeHash: "none" } };
const sources = {};
for (const file of readdirSync(at(".")).filter((f) => f.endsWith(".sol"))) sources[file] = { content: readFileSync(at(file), "utf8") };
const input = { language: "Solidity", sources, settings: { ...settings, outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "metadata"] } } } };
const output = JSON.parse(solc.compile(JSON.stringify(input)));
const errors = (output.errors ?? []).filter((e) => e.severity === "error");
if (errors.length) throw new Error(errors.map((e) => e.formattedMessage).join("\n"));

for (const [file, contracts] of Object.entries(output.contracts)) {
  for (const [contract, { abi, evm, metadata }] of Object.entries(contracts)) {
    if (!evm.bytecode.object) continue; // abstract
    const record = {
      contract, origin: `${file} of this folder`, license: "Apache-2.0", compiler: solc.version(), integrity: lock["node_modules/solc"].integrity, settings,
      sources: Object.fromEntries(Object.keys(JSON.parse(metadata).sources).sort().map((s) => [s, sha256(sources[s].content)])),
      bytecode_sha256: sha256(Buffer.from(evm.bytecode.object, "hex")), abi, bytecode: "0x" + evm.bytecode.object,
    };
    writeFileSync(at(`published/${contract}.json`), JSON.stringify(record, null, 1) + "\n");
    console.log(file, contract, evm.bytecode.object.length / 2, "bytes");
  }
}
