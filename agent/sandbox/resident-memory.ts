/** What a process takes of the machine's memory, from Linux' /proc. */
import { readFileSync } from "node:fs";

export type ResidentMemory = { readonly nowBytes: number; readonly peakBytes: number };

/** Null when the process is gone, or where there is no /proc. */
export function residentMemory(pid: number): ResidentMemory | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    const nowBytes = kibibytes(status, "VmRSS") * 1024;
    const peakBytes = kibibytes(status, "VmHWM") * 1024;
    return { nowBytes, peakBytes };
  } catch {
    return null;
  }
}

function kibibytes(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s*(\\d+) kB`, "m").exec(status)?.[1] ?? 0);
}
