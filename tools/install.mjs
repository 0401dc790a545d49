import { spawn } from "node:child_process";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { ownNode, ownNodeVersion, root } from "./node.mjs";

/** Set while the house installs, so that the `prepare` script leaves the build to it. */
export const installingVariable = "MILLRACE_INSTALLING";

/** Makes `npx millrace` in a checkout find the command at once, as it does where the package is installed. */
export function linkCommand() {
  const link = join(root, "node_modules", ".bin", "millrace");
  if (process.platform !== "win32" && !existsSync(link)) symlinkSync(join("..", "..", "bin", "millrace.mjs"), link);
}

/** Installs what package-lock.json names, unless it is installed already. Throws an Error with text for people. */
export async function install() {
  if (installed()) return;
  process.stderr.write("millrace: installing dependencies (once, half a minute or so)\n");
  const started = Date.now();
  const outcome = await cleanInstall();
  if (outcome.code !== 0) throw new Error(installFailure(outcome.text));
  for (const line of warnings(outcome.text)) process.stderr.write(`${line}\n`);
  process.stderr.write(`millrace: installed in ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

/**
 * Whether node_modules holds exactly the versions of package-lock.json. npm notes what it installed in a lock file of its
 * own inside node_modules; what is optional (other platforms' binaries) may be missing there.
 */
export function installed() {
  const noted = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(noted) || !existsSync(ownNode)) return false;
  const have = readPackages(noted);
  return Object.entries(readPackages(join(root, "package-lock.json"))).every(
    ([path, wanted]) =>
      path === "" || have[path]?.version === wanted.version || (have[path] === undefined && wanted.optional === true),
  );
}

function readPackages(lockFile) {
  return JSON.parse(readFileSync(lockFile, "utf8")).packages;
}

/**
 * `npm ci`, run by a Node that the dependencies accept. Under an older Node npm would warn of every package that asks for
 * more, so npm is run by the very Node that is about to be installed; what it downloads for that comes from npm's cache
 * the second time. Where that Node cannot be had, the machine's own does the work, warnings included.
 */
async function cleanInstall() {
  const own = ["ci", "--no-audit", "--no-fund"];
  if (Number.parseInt(process.versions.node, 10) >= 24) return npm(own);
  const cli = process.env.npm_execpath;
  const command = cli === undefined ? ["npm"] : ["node", cli];
  const outcome = await npm([
    "exec",
    "--yes",
    `--package=${nodePackage()}@${ownNodeVersion()}`,
    "--",
    ...command,
    ...own,
  ]);
  return outcome.code === 0 || unreachable(outcome.text) ? outcome : npm(own);
}

/** The package that holds Node's binary for this machine, as the `node` package names it. */
function nodePackage() {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const prefix = platform === "darwin" && process.arch === "arm64" ? "node-bin" : "node";
  return `${prefix}-${platform}-${process.arch}`;
}

function npm(args) {
  const cli = process.env.npm_execpath;
  const [command, first] = cli === undefined ? ["npm", []] : [process.execPath, [cli]];
  return new Promise((resolve) => {
    let text = "";
    const child = spawn(command, [...first, ...args], {
      cwd: root,
      env: { ...process.env, [installingVariable]: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      shell: cli === undefined && process.platform === "win32",
    });
    child.stdout.on("data", (bytes) => (text += bytes));
    child.stderr.on("data", (bytes) => (text += bytes));
    child.on("error", (error) => resolve({ code: 1, text: error.message }));
    child.on("close", (code) => resolve({ code: code ?? 1, text }));
  });
}

/** npm's warnings about the packages; what it has to say of the user's own npm settings it says on every command. */
function warnings(text) {
  return text.split("\n").filter((line) => /^npm warn/i.test(line) && !/Unknown \w+ config/.test(line));
}

function unreachable(text) {
  return /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT)\b/.exec(
    text,
  );
}

function installFailure(text) {
  const code = unreachable(text)?.[0];
  if (code !== undefined) {
    return `the npm registry cannot be reached (${code}). Check the network, or \`npm config get registry\`, and try again.`;
  }
  const help = /^npm error Clean install a project$/m.exec(text)?.index;
  return `\`npm ci\` failed:\n${text.slice(0, help).trim().split("\n").slice(-25).join("\n")}`;
}
