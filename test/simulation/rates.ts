/** How often each fault strikes where it can, before a seed weighs it. Tuned so that most work still gets through. */
import type { FaultKind } from "./faults.ts";

export const RATES: Partial<Record<FaultKind, number>> = {
  crash: 0.02,
  evict: 0.3,
  "call-lost": 0.02,
  "reply-lost": 0.02,
  "call-late": 0.01,
  "call-hung": 0.002,
  "message-lost": 0.1,
  "message-repeated": 0.1,
  "message-late": 0.1,
  "send-unsure": 0.05,
  "worker-killed": 0.01,
  "alarm-late": 0.05,
  "clock-jump": 0.05,
  "control-plane-killed": 0.03,
  "bucket-outage": 0.02,
  "upload-torn": 0.05,
  "index-outage": 0.05,
  "agent-preempted": 0.02,
  "agent-vanished": 0.01,
  "agent-silent": 0.03,
  "agent-lied": 0.03,
  "reports-shuffled": 0.2,
  "reports-repeated": 0.1,
  "command-repeated": 0.3,
};
