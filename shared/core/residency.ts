/**
 * Where a tenant's objects may live, readable from its id alone: an id made for the European Union or the United States
 * has `eu` or `us` before its 26 characters. Every other id, those of earlier releases included, may live anywhere. Pure.
 */
import { newId } from "./ids.ts";

export type Residency = "any" | "eu" | "us";

const BOUND = /^ten_(eu|us)[0-9A-HJKMNP-TV-Z]{26}$/;

/** A new tenant's id. `random` needs at least 16 bytes. */
export function newTenantId(residency: Residency, nowMs: number, random: Uint8Array): string {
  const id = newId("ten", nowMs, random);
  return residency === "any" ? id : `ten_${residency}${id.slice(4)}`;
}

export function residencyOf(tenant: string): Residency {
  // SAFETY: the pattern has these two only.
  return (BOUND.exec(tenant)?.[1] as "eu" | "us" | undefined) ?? "any";
}
