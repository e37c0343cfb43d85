import { z } from "zod";
import { AuditFilter, AuditRow, AuditStats } from "../../../../shared/contracts/audit.ts";
import { documentation } from "../../schemas.ts";

// On the wire what was before and is after is any JSON value.
const anything = z.unknown();
export const AuditRowBody = documentation.openAPIRegistry.register(
  "AuditRow",
  AuditRow.extend({ before: anything, after: anything }),
);
export const AuditStatsBody = documentation.openAPIRegistry.register("AuditStats", AuditStats);
export const Filter = AuditFilter;
export const RowParams = z.strictObject({ seq: z.coerce.number().int().min(1).describe("Number of the row") });

/** Only for the description. */
export const EXAMPLE = {
  seq: 42,
  id: "aud_01M85NKE4DP0RP9DAQ2HN40J9C",
  at: "2026-11-25T09:00:00.000Z",
  begunAt: "2026-11-25T09:00:00.000Z",
  event: "media.created",
  actor: { kind: "api-key", id: "key_01M85NKE4DP0RP9DAQ2HN40J9C" },
  action: "createAsset",
  resource: { type: "asset", id: "ast_01M85NKE4DP0RP9DAQ2HN40J9C" },
  requestId: "req_01M85NKE4DP0RP9DAQ2HN40J9C",
  method: "POST",
  route: "/v1/assets",
  address: "192.0.2.1",
  userAgent: "aima-cli",
  outcome: "success",
  severity: "low",
  reason: null,
  status: 201,
  before: null,
  after: null,
  amends: null,
  prevHash: "0".repeat(64),
  hash: "3a7bd3e2360a3d29eea436fcfb7e44c735d117c42d1c1835420b6b9942dd4f1b",
} as const;
