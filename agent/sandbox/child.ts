/**
 * The process of one pass: `node child.ts <engine module>`. Takes one `run` message, answers with results, and ends.
 * It has no secret in its environment and talks to nobody but its parent.
 */
import { z } from "zod";
import type { Pass, PassContext } from "../engine.ts";
import type { Ask, FromChild, ToChild } from "./messages.ts";

const waiting = new Map<number, () => void>();
let nextId = 1;

function send(message: FromChild): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}

/** Resolves when the parent says that it is done. */
async function ask(request: Ask): Promise<void> {
  const id = nextId;
  nextId += 1;
  const answered = new Promise<void>((resolve) => waiting.set(id, resolve));
  await send({ ...request, id });
  await answered;
}

async function run(message: ToChild & { type: "run" }, passes: readonly Pass[]): Promise<void> {
  const pass = passes.find((candidate) => candidate.name === message.pass);
  if (pass === undefined) throw new Error(`There is no pass ${message.pass}`);
  const context: PassContext = {
    ...message.context,
    result: (step, outcome) =>
      outcome.status === "succeeded"
        ? ask({
            type: "result",
            step,
            outcome: {
              status: "succeeded",
              insights: outcome.insights.map((insight) => ({ ...insight, data: { ...insight.data } })),
              ...(outcome.metadata === undefined ? {} : { metadata: outcome.metadata }),
            },
          })
        : ask({ type: "result", step, outcome: { status: outcome.status, reason: outcome.reason } }),
    progress: (fraction, segment) => ask({ type: "progress", fraction, segment }),
    saveState: (state, nextSegment, fraction) =>
      ask({ type: "save", state: z.json().parse(state), nextSegment, fraction }),
  };
  await pass.run(message.steps, context);
}

const [, , engineModule = ""] = process.argv;
// SAFETY: the module is named by the agent itself and exports an engine.
const engine = (await import(engineModule)) as { readonly cpuEngine: { readonly passes: readonly Pass[] } };

process.on("message", (message: ToChild) => {
  if (message.type === "done") {
    waiting.get(message.id)?.();
    waiting.delete(message.id);
    return;
  }
  run(message, engine.cpuEngine.passes)
    .then(() => send({ type: "finished" }))
    .catch((error: unknown) => send({ type: "fault", detail: String(error).slice(0, 1000) }))
    .finally(() => process.disconnect())
    .catch(() => process.exit(1));
});
// Without its parent a pass works for nobody.
process.on("disconnect", () => process.exit(0));
await send({ type: "ready" });
