/** The journal of the objects alone: one object per name, whose requests append entries or read them. */
import { DurableObject } from "cloudflare:workers";
import { Journal, type NewEvent } from "../../durable-objects/runtime/journal.ts";
import { applyActorSchema } from "../../durable-objects/runtime/schema.ts";
import { newId } from "../../shared/core/ids.ts";

type BenchEnv = { readonly JOURNAL: DurableObjectNamespace };

/** What a job's journal mostly consists of, some 250 bytes of data. */
const checkpoint = (segment: number): NewEvent => ({
  type: "CheckpointCommitted",
  version: 1,
  data: {
    attempt: 1,
    blob: {
      key: `ten_00000001/jobs/job_00000000000000000000000001/checkpoints/${segment}`,
      sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      sizeBytes: 1_048_576 + segment,
    },
    fraction: (segment % 1000) / 1000,
    nextSegment: segment + 1,
  },
});

export class BenchJournal extends DurableObject<BenchEnv> {
  readonly #journal: Journal;

  constructor(ctx: DurableObjectState, env: BenchEnv) {
    super(ctx, env);
    applyActorSchema(ctx.storage, { steps: [], baseline: [] });
    this.#journal = new Journal(ctx.storage.sql);
  }

  override async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const count = Number(searchParams.get("count"));
    if (pathname.endsWith("/entries"))
      return Response.json(this.#journal.read(Number(searchParams.get("after")), count));
    const nowMs = Date.now();
    this.ctx.storage.transactionSync(() => {
      const events = Array.from({ length: count }, (_, i) => checkpoint(this.#journal.seq + i));
      this.#journal.append(events, nowMs, () => newId("evt", nowMs, crypto.getRandomValues(new Uint8Array(16))));
    });
    // The answer waits in the output gate until the transaction is on disk.
    return Response.json({ seq: this.#journal.seq });
  }
}

export default {
  fetch(request, env) {
    const [, name = ""] = new URL(request.url).pathname.split("/");
    return name === "bench" ? new Response("ready") : env.JOURNAL.getByName(name).fetch(request);
  },
} satisfies ExportedHandler<BenchEnv>;
