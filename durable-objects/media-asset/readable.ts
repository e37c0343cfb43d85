/** What may be asked of an asset: how it is, and what is known of it. */
import type { AssetSaga, AssetView, JournalEvent } from "../../shared/contracts/asset.ts";
import type { Artifact, Insight } from "../../shared/contracts/insight.ts";
import type { Refusable, StoredContent } from "../../shared/contracts/objects.ts";
import { ok, refuse, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import type { AssetChange } from "../../shared/ports/asset-index.ts";
import { Actor } from "../runtime/actor.ts";
import { Waiters } from "../runtime/waiters.ts";
import type { AssetCommand } from "./core/commands.ts";
import { assetDecider } from "./core/decider.ts";
import type { AssetEvent } from "./core/events.ts";
import { artifactsOf, type AssetState, type LiveAsset } from "./core/state.ts";
import { assetSagaOf, summaryOf, viewOf } from "./core/view.ts";
import { INSIGHT_SCHEMA, InsightStore } from "./insights.ts";

/** Answers of one page stay well below the 32 MiB of an RPC. */
const CHANGE_BYTES = 4 * 1024 * 1024;

/** An earlier state is made from the journal; an older one than this many events allow is read from the events. */
const MAX_REPLAY_EVENTS = 20_000;

export abstract class ReadableAsset extends Actor<AssetState, AssetCommand, AssetEvent, Refusal> {
  protected readonly findings: InsightStore;
  readonly #waiters = new Waiters();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, assetDecider, INSIGHT_SCHEMA);
    this.findings = new InsightStore(ctx.storage.sql);
  }

  async get(asOfSeq: number | null = null): Refusable<AssetView> {
    if (asOfSeq === null || this.live() === null) return this.view();
    if (asOfSeq > this.journal.seq)
      return refuse({ code: "not_found", detail: `The asset's newest event has number ${this.journal.seq}.` });
    if (asOfSeq > MAX_REPLAY_EVENTS) {
      const detail = `A state can be made of the first ${MAX_REPLAY_EVENTS} events; read the events themselves.`;
      return refuse({ code: "invalid_request", detail, pointer: "/query/asOfSeq" });
    }
    const state = this.stateAsOf(asOfSeq);
    return state.phase === "absent" ? notFound : ok(viewOf(state, asOfSeq));
  }

  async events(page: { after: number; limit: number; waitMs: number }): Refusable<{ events: JournalEvent[] }> {
    if (this.live() === null) return notFound;
    if (page.waitMs > 0 && this.journal.seq <= page.after) await this.#waiters.wait(page.waitMs);
    return this.live() === null ? notFound : ok({ events: this.journal.read(page.after, page.limit) });
  }

  async insights(page: {
    kind: string | null;
    after: string | null;
    limit: number;
  }): Refusable<{ insights: Insight[]; more: boolean }> {
    return this.live() === null ? notFound : ok(this.findings.read(page));
  }

  async content(): Refusable<StoredContent> {
    const state = this.live();
    if (state === null) return notFound;
    if (state.content === null) return refuse({ code: "content_unavailable", detail: `The asset is ${state.status}.` });
    return ok({ ...state.content, name: state.name, contentType: state.contentType ?? "application/octet-stream" });
  }

  async artifact(name: string): Refusable<Artifact> {
    const state = this.live();
    const found = state === null ? undefined : artifactsOf(state).find((artifact) => artifact.name === name);
    return found === undefined ? notFound : ok(found);
  }

  /** Of a deleted asset too. */
  async saga(): Refusable<AssetSaga> {
    return this.sagaView();
  }

  async changesSince(afterSeq: number): Refusable<AssetChange> {
    const { state } = this;
    if (state.phase === "absent") return notFound;
    const deleted = state.status === "deleted";
    const { insights, upToSeq } = deleted
      ? { insights: [], upToSeq: null }
      : this.findings.since(afterSeq, CHANGE_BYTES);
    const toSeq = Math.max(upToSeq ?? this.journal.seq, afterSeq);
    return ok({
      assetId: state.assetId,
      fromSeq: afterSeq,
      toSeq,
      summary: summaryOf(state, this.journal.seq),
      insights,
    });
  }

  /** Null for an asset that is not there, or not there any more. */
  protected live(): LiveAsset | null {
    return this.state.phase === "live" && this.state.status !== "deleted" ? this.state : null;
  }

  protected sagaView(): Result<AssetSaga, Refusal> {
    return this.state.phase === "absent" ? notFound : ok(assetSagaOf(this.state));
  }

  protected view(): Result<AssetView, Refusal> {
    const state = this.live();
    return state === null ? notFound : ok(viewOf(state, this.journal.seq));
  }
  protected override onCommitted(): void {
    this.#waiters.wake();
  }
}

const notFound = refuse<Refusal>({ code: "not_found", detail: "There is no such asset." });
