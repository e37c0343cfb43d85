/** An engine for tests whose passes misbehave as hostile inputs make real ones do. */
import type { Step } from "../../shared/contracts/operations.ts";
import type { Pass, PassContext } from "../engine.ts";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { finding } from "../engines/cpu/finding.ts";

type Run = (step: Step, context: PassContext) => Promise<void>;

function pass(operation: Step["operation"], run: Run): Pass {
  return {
    name: operation,
    operations: [operation],
    accepts: () => true,
    async run([step], context) {
      if (step !== undefined) await run(step, context);
    },
  };
}

const note = (text: string) => finding("test", { kind: "note", data: {} }, { text });

const passes: readonly Pass[] = [
  pass("probe", async (step, context) => {
    await context.result(step.id, { status: "succeeded", insights: [note("probed")], metadata: { width: 7 } });
  }),
  pass("colours", async () => process.abort()),
  pass("quality", async () => {
    const kept: Uint8Array[] = [];
    for (;;) {
      kept.push(new Uint8Array(16 * 1024 * 1024).fill(1));
      await new Promise(setImmediate);
    }
  }),
  pass("fingerprint", async () => {
    for (;;);
  }),
  pass("ocr", async () => {
    throw new Error("a fault of the pass");
  }),
  pass("thumbnail", async (step, context) => {
    const file = { name: "made.txt", path: join(context.scratchDir, "made.txt"), contentType: "text/plain" };
    await writeFile(file.path, "made by the pass");
    const secret = { name: "hostname", path: "/etc/hostname", contentType: "text/plain" };
    const insight = { ...note("a file"), file: step.parameters["steal"] === true ? secret : file };
    await context.result(step.id, { status: "succeeded", insights: [insight] });
  }),
  pass("shots", async (step, context) => {
    const saved = context.savedState as { next: number } | null;
    for (let segment = saved?.next ?? 0; segment < 3; segment += 1) {
      await context.progress(segment / 3, segment);
      await context.saveState({ next: segment + 1 }, segment + 1, (segment + 1) / 3);
    }
    await context.result(step.id, { status: "succeeded", insights: [note(`began at ${saved?.next ?? 0}`)] });
  }),
  pass("document-text", async (step, context) => {
    await context.result(step.id, {
      status: "succeeded",
      insights: Array.from({ length: 2500 }, (_, n) => note(`line ${n}`)),
    });
  }),
  pass("embed", async (step, context) => {
    const insights = [
      note(
        Object.keys(process.env)
          .filter((name) => name.startsWith("AIMA"))
          .join() || "no secrets",
      ),
    ];
    await context.result(step.id, { status: "succeeded", insights });
  }),
  pass("keyframes", async () => {
    await new Promise((resolve) => setTimeout(resolve, 600_000));
  }),
];

export const cpuEngine = { name: "hostile", operations: passes.flatMap((one) => one.operations), passes };
