/** `npm start`: the whole system on this machine, then its main job on real media. `--help` names the options. */
import { existsSync } from "node:fs";
import { parseOptions, USAGE } from "./options.ts";
import { runDemo } from "./demo/run.ts";
import { type Stack, StartError, startStack } from "./stack.ts";

const options = parseOptions(process.argv.slice(2));
if (options === null || typeof options === "string") {
  (options === null ? process.stdout : process.stderr).write(`${options === null ? "" : `${options}\n\n`}${USAGE}\n`);
  process.exit(options === null ? 0 : 2);
}

// What a deployment has as secrets: a DATABASE_URL here replaces the embedded Postgres.
if (existsSync(".dev.vars")) process.loadEnvFile(".dev.vars");

const say = (line: string): void => void process.stderr.write(`aima: ${line}\n`);
let stack: Stack | null = null;
let ending = false;

async function end(code: number): Promise<never> {
  if (!ending) {
    ending = true;
    await stack?.stop();
  }
  process.exit(code);
}

process.on("SIGINT", () => {
  if (ending) process.exit(130); // A second Ctrl-C does not wait for anything.
  say("stopping");
  void end(options.once ? 130 : 0);
});
process.on("SIGTERM", () => void end(options.once ? 143 : 0));

try {
  stack = await startStack(options, say, (message) => {
    say(message);
    void end(1);
  });
  const { baseUrl, credentials } = stack;
  say(`ready at ${baseUrl} (API description: ${baseUrl}/docs, key: ${options.dataDir}/credentials.json)`);
  const succeeded = options.demo ? await runDemo(options, credentials, say) : true;
  if (options.once) await end(succeeded ? 0 : 1);
  say("Ctrl-C stops everything; the state stays");
} catch (error) {
  say(
    error instanceof StartError
      ? error.message
      : `could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  await end(1);
}
