// Compiles the timelocks of the tests, as published, into published/<Name>.json: ABI,
// bytecode, its hash, and from which bytes and how it was made. Needs Node and npm, and
// checkouts of the two repositories that no registry has:
//
//   node build.mjs COMPOUND_PROTOCOL ZODIAC_MODIFIER_DELAY
//
// Nothing of it is needed to build or test bulkhead.
import { execSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const here = new URL("./", import.meta.url);
const at = (path) => new URL(path, here).pathname;
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const [compound, zodiac] = process.argv.slice(2);
if (!zodiac) throw new Error("name the checkouts: node build.mjs COMPOUND_PROTOCOL ZODIAC_MODIFIER_DELAY");
if (!existsSync(at("node_modules/solc"))) execSync("npm ci --no-audit --no-fund", { cwd: at("."), stdio: "inherit" });
const solc = createRequire(at("build.mjs"))("solc");
const lock = JSON.parse(readFileSync(at("package-lock.json"), "utf8")).packages;
const commit = (folder) => execSync("git rev-parse HEAD", { cwd: folder, encoding: "utf8" }).trim();
const integrity = (name) => lock[`node_modules/${name}`].integrity;

const oz = (name) => ({ origin: `@openzeppelin/contracts@${lock[`node_modules/${name}`].version} (npm)`, integrity: integrity(name), license: "MIT", roots: { "@openzeppelin/contracts/": at(`node_modules/${name}/`), "./": at("./") } });
const bravo = { origin: `https://github.com/compound-finance/compound-protocol`, license: "BSD-3-Clause", roots: { "Governance/": join(compound, "contracts/Governance/"), "Bravo.sol": at("Bravo.sol"), "": join(compound, "contracts/") }, commit: commit(compound) };
const delay = {
  origin: "https://github.com/gnosisguild/zodiac-modifier-delay, @gnosis-guild/zodiac-core@3.0.1 (npm)", license: "LGPL-3.0-only", commit: commit(zodiac), integrity: integrity("@gnosis-guild/zodiac-core"),
  roots: { "@gnosis-guild/zodiac-core/": at("node_modules/@gnosis-guild/zodiac-core/"), "@openzeppelin/contracts/": at("node_modules/oz50/"), "@openzeppelin/contracts-upgradeable/": at("node_modules/oz50u/"), "": join(zodiac, "contracts/") },
};
const wanted = {
  "TimelockController-4.8.3": ["@openzeppelin/contracts/governance/TimelockController.sol", "TimelockController", oz("oz48")],
  "TimelockController-4.9.6": ["@openzeppelin/contracts/governance/TimelockController.sol", "TimelockController", oz("oz49")],
  "TimelockController-5.7.0": ["@openzeppelin/contracts/governance/TimelockController.sol", "TimelockController", oz("oz5")],
  AccessManager: ["@openzeppelin/contracts/access/manager/AccessManager.sol", "AccessManager", oz("oz5")],
  Dao4: ["Dao4.sol", "Dao4", oz("oz49")],
  Dao5: ["Dao5.sol", "Dao5", oz("oz5")],
  Timelock: ["Timelock.sol", "Timelock", bravo],
  Bravo: ["Bravo.sol", "Bravo", bravo],
  Delay: ["Delay.sol", "Delay", delay],
  TestAvatar: ["test/TestAvatar.sol", "TestAvatar", delay],
};
const settings = { evmVersion: "cancun", optimizer: { enabled: true, runs: 200 }, metadata: { bytecodeHash: "none" } };

for (const [name, [source, contract, from]] of Object.entries(wanted)) {
  const sources = {};
  const load = (path) => {
    const root = Object.keys(from.roots).sort((a, b) => b.length - a.length).find((r) => path.startsWith(r)) ?? "./";
    const file = existsSync(at(path)) && !path.startsWith("@") ? at(path) : join(from.roots[root], path.slice(root === "./" ? 0 : root.length));
    return (sources[path] = { content: readFileSync(file, "utf8") });
  };
  load(source);
  const input = { language: "Solidity", sources, settings: { ...settings, outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } } } };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: (path) => ({ contents: load(path).content }) }));
  const errors = (output.errors ?? []).filter((e) => e.severity === "error");
  if (errors.length) throw new Error(errors.map((e) => e.formattedMessage).join("\n"));
  const { abi, evm } = output.contracts[source][contract];
  const { roots, ...said } = from;
  const record = {
    contract, ...said, compiler: solc.version(), settings,
    sources: Object.fromEntries(Object.keys(sources).sort().map((s) => [s, sha256(sources[s].content)])),
    bytecode_sha256: sha256(Buffer.from(evm.bytecode.object, "hex")), abi, bytecode: "0x" + evm.bytecode.object,
  };
  writeFileSync(at(`published/${name}.json`), JSON.stringify(record, null, 1) + "\n");
  console.log(name, evm.bytecode.object.length / 2, "bytes");
}
