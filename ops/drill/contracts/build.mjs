// Compiles the drill's contracts: *.sol here and two of OpenZeppelin's as
// published, into out/<Contract>.json {abi, bytecode}, and writes
// out/record.json, which says from which bytes each was made. Run by
// `go generate ./...`; needs Node and npm, and nothing of it is needed to build
// or test bulkhead.
import { execSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const here = new URL("./", import.meta.url);
const at = (path) => new URL(path, here);
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const json = (value) => JSON.stringify(value, null, 1) + "\n";

if (!existsSync(at("node_modules/solc"))) {
  const how = existsSync(at("package-lock.json")) ? "ci" : "install";
  execSync(`npm ${how} --no-audit --no-fund`, { cwd: here, stdio: "inherit" });
}
const solc = createRequire(at("build.mjs"))("solc");

const wanted = {
  Token: "Token.sol",
  Vault: "Vault.sol",
  VaultV2: "VaultV2.sol",
  Breaker: "Breaker.sol",
  Treasury: "Treasury.sol",
  Till: "Till.sol",
  Bridge: "Bridge.sol",
  Pool: "Pool.sol",
  Router: "Router.sol",
  Savings: "Savings.sol",
  SavingsV2: "SavingsV2.sol",
  TimelockController: "@openzeppelin/contracts/governance/TimelockController.sol",
  ERC1967Proxy: "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol",
};
const own = readdirSync(here).filter((name) => name.endsWith(".sol")).sort();
const settings = {
  evmVersion: "cancun",
  optimizer: { enabled: true, runs: 200 },
  metadata: { bytecodeHash: "none" },
};

// Every source is handed over by name, so that the record can list them all.
const sources = {};
const read = (name) => readFileSync(at(name.startsWith("@") ? `node_modules/${name}` : name), "utf8");
const load = (name) => (sources[name] = { content: read(name) });
Object.values(wanted).forEach(load);
const output = JSON.parse(
  solc.compile(
    JSON.stringify({
      language: "Solidity",
      sources,
      settings: { ...settings, outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } } },
    }),
    { import: (name) => ({ contents: load(name).content }) },
  ),
);
// What the compiler says of OpenZeppelin's sources is theirs, unless it is an error.
const complaints = (output.errors ?? []).filter((e) => e.severity === "error" || !e.sourceLocation?.file.startsWith("@"));
if (complaints.length) throw new Error(complaints.map((e) => e.formattedMessage).join("\n"));

mkdirSync(at("out/"), { recursive: true });
const artifacts = {};
for (const [contract, source] of Object.entries(wanted)) {
  const { abi, evm } = output.contracts[source][contract];
  const bytecode = "0x" + evm.bytecode.object;
  writeFileSync(at(`out/${contract}.json`), json({ abi, bytecode }));
  artifacts[contract] = { source, bytecode: sha256(Buffer.from(evm.bytecode.object, "hex")), abi: sha256(JSON.stringify(abi)) };
}
const hashes = (names) => Object.fromEntries(names.sort().map((name) => [name, sha256(sources[name].content)]));
writeFileSync(
  at("out/record.json"),
  json({
    compiler: solc.version(),
    settings,
    sources: hashes(own),
    published: hashes(Object.keys(sources).filter((name) => name.startsWith("@"))),
    artifacts,
  }),
);
