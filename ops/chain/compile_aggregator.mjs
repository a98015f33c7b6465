// Rebuilds aggregator.hex, slots.hex and deployless.hex from their .yul with the solc
// that ops/drill/contracts pins. Run by `go generate ./...`.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { execSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const home = new URL("../drill/contracts/", import.meta.url);
if (!existsSync(new URL("node_modules/solc", home))) {
  execSync("npm install --no-audit --no-fund", { cwd: home, stdio: "inherit" });
}
const solc = createRequire(new URL("build.mjs", home))("solc");
for (const name of ["aggregator", "slots", "deployless"]) {
  const source = readFileSync(new URL(name + ".yul", import.meta.url), "utf8");
  const out = JSON.parse(solc.compile(JSON.stringify({
    language: "Yul",
    sources: { [name]: { content: source } },
    settings: {
      evmVersion: "paris",
      optimizer: { enabled: true, details: { yul: true } },
      outputSelection: { "*": { "*": ["evm.deployedBytecode.object", "evm.bytecode.object"] } },
    },
  })));
  const bad = (out.errors ?? []).filter((e) => e.severity === "error");
  if (bad.length) throw new Error(bad.map((e) => e.formattedMessage).join("\n"));
  const [{ evm }] = Object.values(out.contracts[name]);
  // the constructor's own code comes first; the runtime object is what is deployed,
  // where there is one
  const runtime = evm.deployedBytecode?.object || evm.bytecode.object;
  // the first line says which source the code belongs to; a test compares
  const hash = createHash("sha256").update(source).digest("hex");
  writeFileSync(new URL(name + ".hex", import.meta.url), hash + "\n" + runtime + "\n");
}
