import type { Effect } from "../../shared/core/effect.ts";

/** What is done elsewhere for the asset goes on under the trace of the request that led to it. */
export const traced = (effects: readonly Effect[], traceparent: string | null): readonly Effect[] =>
  traceparent === null ? effects : effects.map((effect) => tracedOne(effect, traceparent));

function tracedOne(effect: Effect, traceparent: string): Effect {
  if (effect.kind !== "send") return effect;
  const body = Object(effect.body) as Readonly<Record<string, unknown>>;
  if (effect.target === "queue:inspect") return { ...effect, body: { ...body, traceparent } };
  if (effect.target !== "object:gpu-job" || body["command"] !== "submit") return effect;
  return { ...effect, body: { ...body, spec: { ...Object(body["spec"]), traceparent } } };
}
