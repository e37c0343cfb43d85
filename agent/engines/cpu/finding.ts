/** Shapes that every pass of the cpu engine fills. */
import type { ProducedInsight } from "../../engine.ts";

type Core = Pick<ProducedInsight, "kind" | "data">;

/** What a finding may have beyond kind and data. */
type More = Partial<Omit<ProducedInsight, "kind" | "data" | "source">>;

/** An insight of the cpu engine, made by the named algorithm or model; what is not given is null. */
export function finding(model: string, core: Core, more: More = {}): ProducedInsight {
  return {
    ...core,
    source: { engine: "cpu", model, digest: null },
    confidence: null,
    timeRange: null,
    page: null,
    box: null,
    text: null,
    embedding: null,
    file: null,
    ...more,
  };
}

/** `value` with so many digits after the point: findings are read by people and compared byte by byte. */
export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
